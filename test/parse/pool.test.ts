/**
 * The pool and its watchdog with workers that hang, die, throw and write after their end was decided: a failure is
 * reported when nothing can write any more, and the pool goes on with fresh threads.
 */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { loadKernelModule } from '../../src/kernel/kernel.ts'
import { PAGE_BYTES, STATIC_BYTES, scratchBytes } from '../../src/kernel/layout.ts'
import type { ParseTask } from '../../src/parse/contract.ts'
import { Interrupted, ParsePool } from '../../src/parse/pool.ts'
import type { WorkerData } from '../../src/parse/worker-data.ts'
import { type Conduct, LATE_BYTE, LATE_BYTES, markerOf, sharePlan } from '../fixtures/workers/conduct.ts'
import { defaultSettings, NOW, noContext } from '../kernel/harness.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('parse: pool', { timeoutMs: 30_000 })

const TIMEOUT_MS = 1_000
/** So long before the watchdog's abort is the native call under way that writes behind it. */
const LATE_LEAD_MS = 200
const REGION_BYTES = 2 * PAGE_BYTES
const slotBytes = scratchBytes(defaultSettings)
const worker = new URL('../fixtures/workers/faulty.js', import.meta.url).href

async function startPool(threads: number, module = worker) {
  const inputAddress = STATIC_BYTES + threads * slotBytes
  const pages = (inputAddress + 2 * REGION_BYTES) / PAGE_BYTES
  const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
  sharePlan({ deaths: 1, lateAfterMs: TIMEOUT_MS - LATE_LEAD_MS })
  const failures: Error[] = []
  const pool = new ParsePool({
    slots: Array.from({ length: threads }, (_, thread) => STATIC_BYTES + thread * slotBytes),
    worker: module,
    workerData: {
      pipelines: [defaultSettings],
      steps: noContext,
      memory,
      module: loadKernelModule(),
    } satisfies WorkerData,
    timeoutMs: TIMEOUT_MS,
    onFailed: error => failures.push(error),
  })
  pool.start()
  cleanUp(() => pool.stop())
  const bytes = Buffer.from(memory.buffer)
  const output = bytes.subarray(inputAddress + REGION_BYTES)
  const run = async (message: string) => (await pool.run([place(message, bytes, inputAddress)]))[0]!
  return { pool, run, output, failures }
}

/** One record, at the front of the input region. */
function place(message: string, bytes: Buffer, inputAddress: number): Omit<ParseTask, 'scratchAddress'> {
  const input = encodeBatch({ records: [{ value: JSON.stringify({ msg: message }) }], baseTimestamp: NOW })
  bytes.set(input, inputAddress)
  return {
    pipeline: 0,
    inputAddress,
    inputBytes: input.length,
    inputKey: 0,
    outputAddress: inputAddress + REGION_BYTES,
    outputBytes: REGION_BYTES,
    topicId: 1,
    partition: 0,
    fromOffset: 0,
    toOffset: 1,
    nowMs: NOW,
    abortedAt: 0,
    abortedCount: 0,
  }
}

const failureOf = (run: Promise<unknown>): Promise<unknown> =>
  run.then(
    () => null,
    error => error,
  )

for (const { conduct, says } of [
  { conduct: 'hang', says: /no answer in 1000 ms/ },
  { conduct: 'exit', says: /exited with code: 7/ },
  { conduct: 'throw', says: /the worker threw/ },
] satisfies { conduct: Conduct; says: RegExp }[]) {
  test(`a worker that does "${conduct}" fails its task, and the next one finds a worker`, async () => {
    const { pool, run, failures } = await startPool(1)
    await run('first')
    const error = await failureOf(run(markerOf(conduct)))
    assert.ok(error instanceof PipelineError && error.code === 'WORKER_FAILED')
    assert.match(error.message, says)
    assert.ok(pool.hasFreeSlot)
    assert.is((await run('next')).rows, 1)
    assert.equal(failures, [], 'a task that kills its worker is nothing for the supervisor')
  })
}

test('a failure is reported only when its thread has ended: what it writes after the abort comes before', async () => {
  const { run, output } = await startPool(1)
  await run('first')
  const begin = performance.now()
  const error = await failureOf(run(markerOf('late')))
  const tookMs = performance.now() - begin
  assert.ok(error instanceof PipelineError && error.code === 'WORKER_FAILED')
  assert.ok(tookMs > TIMEOUT_MS, `the abort came in the middle of the call, after ${tookMs} ms`)
  assert.ok(output.subarray(0, LATE_BYTES).equals(Buffer.alloc(LATE_BYTES, LATE_BYTE)), 'it was written')
  assert.is((await run('next')).rows, 1)
})

test('a task that runs while the pool is stopped is interrupted: no failure of its records', async () => {
  const { pool, run } = await startPool(2)
  await run('first')
  const running = [failureOf(run(markerOf('hang'))), failureOf(run(markerOf('hang')))]
  await pool.stop()
  for (const failure of running) assert.instance(await failure, Interrupted)
  assert.is(pool.restarts, 0)
  pool.start()
  assert.is((await run('next')).rows, 1)
})

test('a worker that cannot start is a failure of the pool, and a start after a stop makes a new one', async () => {
  const { pool, run, failures } = await startPool(1, 'data:text/javascript,throw new Error("no worker")')
  assert.ok((await failureOf(run('first'))) instanceof PipelineError)
  await until(() => failures.length > 0, { deadlineMs: 5_000, what: 'a failure of the pool' })
  await pool.stop()
  assert.not(pool.hasFreeSlot)
  pool.start()
  assert.ok(pool.hasFreeSlot)
})

test.run()

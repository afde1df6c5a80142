/**
 * The worker's entry in real threads: Piscina loads it, two of them share one memory, each with a slot of its own.
 */
import { Piscina } from 'piscina'
import * as assert from 'uvu/assert'
import { loadKernelModule } from '../../src/kernel/kernel.ts'
import { PAGE_BYTES, readRow, STATIC_BYTES, scratchBytes } from '../../src/kernel/layout.ts'
import type { ParseResult, ParseTask } from '../../src/parse/contract.ts'
import type { WorkerData } from '../../src/parse/worker-data.ts'
import { defaultSettings, NOW, noContext } from '../kernel/harness.ts'
import { decodeRow } from '../reference/copy-row.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse: worker', { timeoutMs: 20_000 })

const THREADS = 2
const RECORDS = 300
const slotBytes = scratchBytes(defaultSettings)
const firstInput = STATIC_BYTES + THREADS * slotBytes
const REGION_BYTES = 4 * PAGE_BYTES
const pages = (firstInput + THREADS * 2 * REGION_BYTES) / PAGE_BYTES
const memory = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true })
let pool: Piscina<readonly ParseTask[], readonly ParseResult[]>

test.before(async () => {
  const workerData: WorkerData = {
    pipelines: [defaultSettings],
    steps: noContext,
    memory,
    module: loadKernelModule(),
  }
  const filename = new URL('../../src/parse/worker.js', import.meta.url).href
  pool = new Piscina({ filename, minThreads: THREADS, maxThreads: THREADS, workerData })
})
test.after(() => pool.destroy())

test('tasks that run side by side, or one after the other in one message, do not touch each other', async () => {
  const bytes = Buffer.from(memory.buffer)
  const tasks = Array.from({ length: THREADS }, (_, thread): ParseTask => {
    const inputAddress = firstInput + thread * 2 * REGION_BYTES
    const records = Array.from({ length: RECORDS }, (_, i) => ({
      value: `{"service":"t${thread}","msg":"m${i}"}`,
    }))
    const input = encodeBatch({ records, baseTimestamp: NOW })
    bytes.set(input, inputAddress)
    return {
      pipeline: 0,
      scratchAddress: STATIC_BYTES + thread * slotBytes,
      inputAddress,
      inputBytes: input.length,
      inputKey: thread,
      outputAddress: inputAddress + REGION_BYTES,
      outputBytes: REGION_BYTES,
      topicId: 1,
      partition: thread,
      fromOffset: 0,
      toOffset: RECORDS,
      nowMs: NOW,
      abortedAt: 0,
      abortedCount: 0,
    }
  })
  const view = new DataView(memory.buffer)
  const [{ scratchAddress }] = tasks as [ParseTask]
  const sideBySide = async () => (await Promise.all(tasks.map(task => pool.run([task])))).flat()
  const inOneMessage = () => pool.run(tasks.map(task => ({ ...task, scratchAddress })))
  for (let round = 0; round < 20; round++) {
    for (const { outputAddress } of tasks) bytes.fill(0, outputAddress, outputAddress + REGION_BYTES)
    const results = await (round % 2 === 0 ? sideBySide() : inOneMessage())
    assert.is(results.length, THREADS)
    results.forEach((result, thread) => {
      const at = tasks[thread]!.outputAddress
      assert.equal([result.rows, result.nextOffset, result.stop], [RECORDS, RECORDS, null])
      const last = readRow(view, at, result, RECORDS - 1)
      const row = decodeRow(bytes.subarray(at + last.start, at + last.end))
      assert.equal(
        [row.service, row.message, row.partition, last.offset],
        [`t${thread}`, `m${RECORDS - 1}`, thread, RECORDS - 1],
      )
    })
  }
})

test.run()

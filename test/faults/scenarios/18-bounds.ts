/**
 * The bound on memory and what must not suffer from it: many partitions, batches that inflate four hundredfold, batches
 * larger than a fetch, a database that does not move. All is stored, the group never hears of it.
 */
import * as assert from 'uvu/assert'
import { peakRssBytes } from '../../../native-bench/process-usage.ts'
import { type ProduceOptions, produce } from '../../../src/produce/produce.ts'
import { until } from '../../support/wait.ts'
import type { Context } from '../context.ts'
import type { Flow, FlowOptions } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { createNumberedSource } from '../numbered-source.ts'
import { Scenario } from '../scenario.ts'

const MIB = 2 ** 20
const WORKERS = 2
const BUDGET_MIB = 256
const MANY_PARTITIONS = 64
const BACKLOG = 300_000
const LOCK_SECONDS = 10
/** A Kafka batch before its compression; the broker takes 16 MiB after it. */
const BATCH_BYTES = 20 * MIB
const HUGE_BATCH_BYTES = 12 * MIB
const FEW_PARTITIONS = 3
const RECORD_BYTES = 8 * 1024
const BATCHES = 6
export const scenario = new Scenario({
  rows: [18, 31],
  name: 'bounds',
  what: 'many partitions, batches that inflate four hundredfold, batches larger than a fetch',
  timeoutMs: 60_000,
})

const bounded = (context: Context, options: FlowOptions): Promise<Flow> =>
  context.flow({
    ...options,
    settings: {
      workers: String(WORKERS),
      'memory.budget': `${BUDGET_MIB}MiB`,
      ...options.settings,
    },
  })

/** Waits for the end of the backlog, judges, and holds the process to its bound; the group must have heard of nothing. */
async function assertBounded(flow: Flow, instance: Instance, boundMiB: number, what: string): Promise<void> {
  await instance.during(flow.caughtUp())
  await instance.ready()
  const peakMiB = peakRssBytes(instance.pid) / MIB
  console.log(`${what}: peak RSS ${peakMiB.toFixed(0)} MiB of ${boundMiB} MiB`)
  assert.ok(peakMiB <= boundMiB, `${peakMiB.toFixed(0)} MiB are over ${boundMiB} MiB`)
  assertUndisturbed(instance)
  assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  await flow.assertExactlyOnce()
}

/** It joined once, and stayed. */
function assertUndisturbed(instance: Instance): void {
  assert.is(instance.events('source:group:joined').length, 1, 'a rebalance')
  for (const event of ['source:group:crashed', 'source:partition:halted', 'supervisor:child:restarted'])
    assert.is(instance.events(event).length, 0, event)
  const rejoins = instance.log().filter(({ text }) => String(text).includes('re-joining'))
  assert.equal(rejoins, [])
}

/** Records of 8 KiB that are all alike but for their number: they shrink to a few hundredths of a percent of their size. */
async function produceAlike(flow: Flow, bytes: number, shape: Partial<ProduceOptions>): Promise<void> {
  const filling = 'x'.repeat(RECORD_BYTES)
  const recordOf = (n: number) => ({
    key: null,
    value: Buffer.from(`{"id":"alike-${n}","msg":"${filling}"}`),
  })
  await produce({
    brokers: flow.brokers.split(','),
    topic: flow.topic,
    source: createNumberedSource(recordOf, 0, Math.floor(bytes / RECORD_BYTES)),
    onAck: ack => flow.oracle.add(ack, n => `alike-${n}`),
    ...shape,
  })
}

scenario.case(
  'a backlog in many partitions, and logs locked for longer than the session time-out',
  async context => {
    const flow = await bounded(context, { partitions: MANY_PARTITIONS })
    const { observer } = flow
    await flow.produce({ records: BACKLOG })
    const instance = flow.start()
    const isFlowing = async () => (await observer.committed()) > 0
    await instance.during(until(isFlowing, { deadlineMs: 20_000, what: 'commits' }))
    await observer.query('begin')
    await observer.query('lock table logs in access exclusive mode')
    const before = await observer.committed()
    await instance.during(observer.query(`select pg_sleep(${LOCK_SECONDS})`))
    assert.is(await observer.committed(), before, 'nothing could be committed')
    assert.ok(before < BACKLOG, 'there was a backlog')
    assertUndisturbed(instance)
    await observer.query('rollback')
    context.injected()
    await assertBounded(flow, instance, BUDGET_MIB, `${MANY_PARTITIONS} partitions, locked`)
  },
)

scenario.case('gzip batches that inflate from some fifty kilobytes to twenty megabytes', async context => {
  const flow = await bounded(context, { partitions: FEW_PARTITIONS })
  await produceAlike(flow, BATCHES * BATCH_BYTES, { batchBytes: BATCH_BYTES, compression: 'gzip' })
  context.injected(BATCHES)
  const instance = flow.start()
  const inflatedMiB = (WORKERS * BATCH_BYTES) / MIB
  await assertBounded(flow, instance, BUDGET_MIB + inflatedMiB, 'inflating batches')
})

scenario.case('Kafka batches of twelve megabytes', async context => {
  const topicSettings = { 'max.message.bytes': String(16 * MIB) }
  const flow = await bounded(context, { partitions: FEW_PARTITIONS, topicSettings })
  await produceAlike(flow, BATCHES * HUGE_BATCH_BYTES, { batchBytes: HUGE_BATCH_BYTES })
  context.injected(BATCHES)
  await assertBounded(flow, flow.start(), BUDGET_MIB, 'huge batches')
})

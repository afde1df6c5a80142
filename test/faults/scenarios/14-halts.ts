/**
 * What LogCollector must not pass by: batches that it cannot read, positions that are not in the log, topics that are
 * others than before. Only the partition concerned halts, in front of the trouble; /readyz says why; nothing is lost.
 */
import { CompressionTypes } from 'kafkajs'
import * as assert from 'uvu/assert'
import type { ErrorCode } from '../../../src/errors.ts'
import { verify } from '../../../src/store/verify/index.ts'
import { createKafkaClient } from '../../support/services.ts'
import { until } from '../../support/wait.ts'
import type { Context } from '../context.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

export const scenario = new Scenario({
  rows: [14],
  name: 'halts',
  what: 'batches that cannot be read, positions that are not in the log, a topic that is another than before',
  timeoutMs: 60_000,
})
const RECORDS = 2_000
/** Three of them are more than limits.max_batch_bytes here. */
const RECORD_BYTES = 500_000

/** Sends a gzipped batch of three records to a partition and returns the offset of the first. */
async function sendLargeTo(topic: string, partition: number): Promise<number> {
  const producer = createKafkaClient().producer()
  await producer.connect()
  try {
    const messages = ['a', 'b', 'c'].map(letter => ({ partition, value: letter.repeat(RECORD_BYTES) }))
    const [ack] = await producer.send({ topic, compression: CompressionTypes.GZIP, messages })
    return Number(ack?.baseOffset)
  } finally {
    await producer.disconnect()
  }
}

/** Waits for a halt of this partition and for /readyz to name it. */
async function halted(instance: Instance, partition: number, codes: readonly ErrorCode[]): Promise<void> {
  const find = () => instance.events('source:partition:halted').find(line => line.partition === partition)
  const line = await instance.during(until(find, { deadlineMs: 30_000, what: `halt of ${partition}` }))
  assert.ok(codes.includes(line.code as ErrorCode), `halted by ${String(line.code)}`)
  const { ready, reasons } = await instance.readiness()
  assert.not(ready)
  assert.ok(
    reasons.some(reason => reason.includes(`/${partition} is halted: `)),
    reasons.join('\n'),
  )
}

async function assertVerified(flow: Flow): Promise<void> {
  const { checks } = await verify(flow.url, { sinceMs: null })
  assert.equal(
    checks.flatMap(({ findings }) => findings),
    [],
  )
}

scenario.case(
  'a batch that inflates to more than is allowed halts its partition in front of it, and the others go on',
  async context => {
    const flow = await context.flow({ partitions: 2, settings: { 'limits.max_batch_bytes': '1MiB' } })
    const instance = flow.start()
    await flow.produce({ records: RECORDS })
    const stopsAt = await sendLargeTo(flow.topic, 1)
    context.injected()
    await halted(instance, 1, ['KAFKA_BATCH_UNSUPPORTED'])
    await flow.produce({ records: RECORDS })
    const goesOn = async () => ((await flow.observer.positions()).get(0) ?? 0) >= flow.oracle.ends.get(0)!
    await instance.during(until(goesOn, { deadlineMs: 20_000, what: 'the end of partition 0' }))
    const isInFront = async () => (await flow.observer.positions()).get(1) === stopsAt
    await instance.during(until(isInFront, { deadlineMs: 10_000, what: `offset ${stopsAt} of partition 1` }))
    assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
    await flow.assertExactlyOnce({ isAtEnd: false })
  },
)

/** Stores some records and stops. */
async function storedAndStopped(context: Context): Promise<Flow> {
  const flow = await context.flow({ partitions: 2 })
  await flow.produce({ records: RECORDS })
  const instance = flow.start()
  await instance.during(flow.caughtUp())
  assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  return flow
}

scenario.case('a position beyond the end of the log halts its partition', async context => {
  const flow = await storedAndStopped(context)
  await flow.observer.query('update offsets set next_offset = next_offset + 1000 where kafka_partition = 1')
  context.injected()
  const instance = flow.start()
  await halted(instance, 1, ['OFFSET_OUT_OF_RANGE'])
  const before = await flow.observer.positions()
  await flow.produce({ records: RECORDS / 2 })
  const goesOn = async () => (await flow.observer.positions()).get(0) === flow.oracle.ends.get(0)
  await instance.during(until(goesOn, { deadlineMs: 20_000, what: 'the end of partition 0' }))
  assert.is((await flow.observer.positions()).get(1), before.get(1), 'nothing moves the position')
})

scenario.case(
  'a topic made again halts where only its log can tell, also where it is longer than the position',
  async context => {
    const flow = await storedAndStopped(context)
    const before = await flow.observer.positions()
    const admin = createKafkaClient().admin()
    await admin.connect()
    try {
      await admin.deleteTopics({ topics: [flow.topic] })
      const isGone = async () => !(await admin.listTopics()).includes(flow.topic)
      await until(isGone, { deadlineMs: 20_000, what: 'deletion of the topic' })
      await admin.createTopics({
        topics: [{ topic: flow.topic, numPartitions: 2, replicationFactor: 1 }],
        waitForLeaders: true,
      })
    } finally {
      await admin.disconnect()
    }
    await flow.produce({ records: 2 * RECORDS })
    // As a version stored it that knew no ids of topics, or from brokers that give none.
    await flow.observer.query('update topics set kafka_topic_id = null')
    context.injected()
    const instance = flow.start()
    for (const partition of [0, 1]) {
      await halted(instance, partition, ['FINGERPRINT_MISMATCH', 'OFFSET_OUT_OF_RANGE'])
    }
    assert.equal(await flow.observer.positions(), before, 'nothing moves the positions')
    await assertVerified(flow)
  },
)

/**
 * What LogCollector must not pass by: batches that it cannot read, positions that are not in the log, topics that are
 * others than before. Only the partition concerned halts, in front of the trouble; /readyz says why; nothing is lost.
 */
import kafkajs, { CompressionTypes, type ProducerConfig } from 'kafkajs'
import * as assert from 'uvu/assert'
import type { ErrorCode } from '../../src/errors.ts'
import { verify } from '../../src/store/verify/index.ts'
import { createKafkaClient } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { Flow } from './flow.ts'
import { type Instance, showingLogs } from './instance.ts'

const test = suite('partitions that halt', { timeoutMs: 60_000 })
const RECORDS = 2_000
const LARGEST_LITERAL = 65_536

/** Snappy without any compression: length as varint, then literals (google/snappy format_description.txt, 2.1). */
function literalSnappy(bytes: Buffer): Buffer {
  const parts: Buffer[] = []
  const length: number[] = []
  for (let left = bytes.length; left > 0; left >>>= 7) length.push((left & 0x7f) | (left > 0x7f ? 0x80 : 0))
  parts.push(Buffer.from(length))
  for (let at = 0; at < bytes.length; at += LARGEST_LITERAL) {
    const literal = bytes.subarray(at, at + LARGEST_LITERAL)
    const tag = Buffer.from([61 << 2, 0, 0])
    tag.writeUInt16LE(literal.length - 1, 1)
    parts.push(tag, literal)
  }
  return Buffer.concat(parts)
}

/** Sends three records to a partition and returns the offset of the first. */
async function sendTo(
  topic: string,
  partition: number,
  compression: CompressionTypes,
  transactionalId?: string,
): Promise<number> {
  const config: ProducerConfig =
    transactionalId === undefined ? {} : { transactionalId, idempotent: true, maxInFlightRequests: 1 }
  const producer = createKafkaClient().producer(config)
  await producer.connect()
  try {
    const sender = transactionalId === undefined ? producer : await producer.transaction()
    const messages = ['a', 'b', 'c'].map(value => ({ partition, value }))
    const [ack] = await sender.send({ topic, compression, messages })
    if ('commit' in sender) await sender.commit()
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

const unreadable: Readonly<Record<string, (topic: string) => Promise<number>>> = {
  'a transaction': topic => sendTo(topic, 1, CompressionTypes.None, `transaction-${topic}`),
  'an unknown codec': topic => {
    // By the default export: its own names are hidden from ES modules.
    kafkajs.CompressionCodecs[CompressionTypes.Snappy] = () => ({
      compress: async ({ buffer }: { buffer: Buffer }) => literalSnappy(buffer),
    })
    return sendTo(topic, 1, CompressionTypes.Snappy)
  },
}

for (const [what, send] of Object.entries(unreadable)) {
  test(
    `${what} halts its partition in front of it, and the others go on`,
    showingLogs(async () => {
      const flow = await Flow.create({ partitions: 2 })
      const instance = flow.start()
      await flow.produce({ records: RECORDS })
      const stopsAt = await send(flow.topic)
      await halted(instance, 1, ['KAFKA_BATCH_UNSUPPORTED'])
      await flow.produce({ records: RECORDS })
      const goesOn = async () => ((await flow.observer.positions()).get(0) ?? 0) >= flow.oracle.ends.get(0)!
      await instance.during(until(goesOn, { deadlineMs: 20_000, what: 'the end of partition 0' }))
      const isInFront = async () => (await flow.observer.positions()).get(1) === stopsAt
      await instance.during(
        until(isInFront, { deadlineMs: 10_000, what: `offset ${stopsAt} of partition 1` }),
      )
      assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
      await assertVerified(flow)
    }),
  )
}

/** Stores some records and stops. */
async function storedAndStopped(): Promise<Flow> {
  const flow = await Flow.create({ partitions: 2 })
  await flow.produce({ records: RECORDS })
  const instance = flow.start()
  await instance.during(flow.caughtUp())
  assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  return flow
}

test(
  'a position beyond the end of the log halts its partition',
  showingLogs(async () => {
    const flow = await storedAndStopped()
    await flow.observer.query('update offsets set next_offset = next_offset + 1000 where kafka_partition = 1')
    const instance = flow.start()
    await halted(instance, 1, ['OFFSET_OUT_OF_RANGE'])
    const before = await flow.observer.positions()
    await flow.produce({ records: RECORDS / 2 })
    const goesOn = async () => (await flow.observer.positions()).get(0) === flow.oracle.ends.get(0)
    await instance.during(until(goesOn, { deadlineMs: 20_000, what: 'the end of partition 0' }))
    assert.is((await flow.observer.positions()).get(1), before.get(1), 'nothing moves the position')
  }),
)

test(
  'a topic made again halts where only its log can tell, also where it is longer than the position',
  showingLogs(async () => {
    const flow = await storedAndStopped()
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
    const instance = flow.start()
    for (const partition of [0, 1]) {
      await halted(instance, partition, ['FINGERPRINT_MISMATCH', 'OFFSET_OUT_OF_RANGE'])
    }
    assert.equal(await flow.observer.positions(), before, 'nothing moves the positions')
    await assertVerified(flow)
  }),
)

test.run()

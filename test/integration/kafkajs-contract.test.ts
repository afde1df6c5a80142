/**
 * What src/source/kafka/adapter.ts takes for granted of kafkajs 2.2.4 beyond its public interface, held against a
 * live broker: a new version of kafkajs or Kafka that breaks one of these breaks here first.
 */
import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { Consumer } from 'kafkajs'
import RequestQueue from 'kafkajs/src/network/requestQueue/index.js'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { KafkaAdapter } from '../../src/source/kafka/adapter.ts'
import type { Cluster } from '../../src/source/kafka/cluster.ts'
import type { FetchPlan } from '../../src/source/kafka/fetch-request.ts'
import { type FetchResponse, firstBatch, readFetchResponse } from '../../src/source/kafka/fetch-response.ts'
import { type FrameTarget, readerOf } from '../../src/source/kafka/frames.ts'
import { startKafka } from '../../stack/kafka.ts'
import { createKafkaClient, kafkaAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const BATCHES = 8
const VALUE_BYTES = 50_000
const REQUEST_TIMEOUT_MS = 1_000
const test = suite('kafkajs contract', { timeoutMs: 40_000 })

/** What the adapter hides. */
interface Inside {
  readonly cluster: Cluster
  readonly consumer: Consumer
}

async function createAdapter(
  brokers: string = kafkaAddress(),
): Promise<{ adapter: KafkaAdapter; inside: Inside }> {
  const adapter = new KafkaAdapter({
    brokers: brokers.split(','),
    clientId: 'contract',
    groupId: `contract-${randomUUID()}`,
    sessionTimeoutMs: 6_000,
    heartbeatIntervalMs: 200,
    requestTimeoutMs: REQUEST_TIMEOUT_MS,
    isolation: 'read_committed',
    log: () => undefined,
  })
  await adapter.connect()
  cleanUp(() => adapter.leave())
  return { adapter, inside: adapter as unknown as Inside }
}

/** As many Kafka batches of one record each, so that the offset of a batch is its number. */
async function fill(name: string, batches = BATCHES, brokers?: string): Promise<void> {
  const producer = createKafkaClient(brokers).producer()
  await producer.connect()
  for (let n = 0; n < batches; n++) {
    await producer.send({
      topic: name,
      messages: [{ partition: 0, value: Buffer.alloc(VALUE_BYTES, 97 + n) }],
    })
  }
  await producer.disconnect()
}

/** Memory of the test's own in the place of a region. */
class Target implements FrameTarget {
  bytes = Buffer.alloc(0)
  asked = 0

  place(bytes: number): Uint8Array {
    this.asked += 1
    this.bytes = Buffer.alloc(bytes)
    return this.bytes
  }

  get view(): DataView {
    return new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength)
  }

  get response(): FetchResponse {
    return readFetchResponse(this.view, 0, this.bytes.byteLength)
  }
}

const plan = (name: string, offset: number, part: Partial<FetchPlan> = {}): FetchPlan => ({
  maxWaitMs: 100,
  maxBytes: 10_000_000,
  partitions: [{ topic: name, partition: 0, offset, maxBytes: 10_000_000 }],
  ...part,
})

test('topics are added and dropped by a join of those who stay members', async () => {
  const [first, second] = [await topic({ partitions: 2 }), await topic()]
  const { adapter } = await createAdapter()
  const assigned: { topics: string[]; memberId: string }[] = []
  await adapter.join([first], {
    onAssigned: (assignment, memberId) => assigned.push({ topics: Object.keys(assignment).sort(), memberId }),
    onCrash: () => undefined,
    onHeartbeat: () => undefined,
  })
  const reads = async (...topics: string[]) => {
    const isRead = () => assigned.at(-1)?.topics.join() === [...topics].sort().join()
    await until(isRead, { deadlineMs: 20_000, what: `an assignment of ${topics.length} topics` })
  }
  await reads(first)
  await adapter.resubscribe([first, second])
  await reads(first, second)
  assert.is(adapter.partitionsOf(second), 1)
  await adapter.resubscribe([second])
  await reads(second)
  assert.is(adapter.partitionsOf(first), 0)
  assert.is(new Set(assigned.map(({ memberId }) => memberId)).size, 1, 'it never left')
})

/** The socket that Fetch requests to broker 1 take. */
async function fetchSocket({ cluster }: Inside): Promise<Socket> {
  const { connectionPool } = await cluster.findBroker({ nodeId: '1' })
  return (await connectionPool.getConnection(1)).socket
}

/** Joins, so that the topic's metadata are known; resolves at the first assignment. */
async function join(adapter: KafkaAdapter, name: string, onHeartbeat: () => void = () => undefined) {
  const joined = new Promise<Readonly<Record<string, readonly number[]>>>((resolve, reject) => {
    const onCrash = (error: Error, restart: boolean) => (restart ? undefined : reject(error))
    adapter.join([name], { onAssigned: resolve, onCrash, onHeartbeat }).catch(reject)
  })
  return joined
}

test('the assigner is handed the cluster before anything is joined, and it knows the topics', async () => {
  const name = await topic({ partitions: 3 })
  const { adapter, inside } = await createAdapter()
  assert.ok(inside.cluster.isConnected())
  assert.ok(inside.cluster.targetTopics.size === 0)
  const all = await adapter.topics(null)
  assert.ok(all.clusterId.length > 0)
  assert.ok(all.topics.some(facts => facts.name === name && facts.partitions === 3 && !facts.isInternal))
  assert.ok(all.topics.some(facts => facts.name === '__consumer_offsets' && facts.isInternal))
  const { topics } = await adapter.topics([name, 'there-is-no-such-topic'])
  assert.is(topics.length, 1)
  // One broker of the stack holds all there is.
  const { partitions, underReplicated, leaderless } = topics[0]!
  assert.equal([all.brokers, partitions, underReplicated, leaderless], [1, 3, 0, 0])
  assert.match(topics[0]!.id ?? '', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
})

test('a join pauses everything, kafkajs fetches nothing itself, and heartbeats go on', async () => {
  const name = await topic({ partitions: 3 })
  await fill(name)
  const { adapter, inside } = await createAdapter()
  let fetches = 0
  inside.consumer.on(inside.consumer.events.FETCH, ({ payload }) => {
    fetches += payload.numberOfBatches
  })
  let heartbeats = 0
  const assignment = await join(adapter, name, () => {
    heartbeats += 1
  })
  assert.equal(
    [...assignment[name]!].sort((a, b) => a - b),
    [0, 1, 2],
  )
  assert.equal(
    inside.consumer.paused().map(paused => [paused.topic, [...paused.partitions].sort((a, b) => a - b)]),
    [[name, [0, 1, 2]]],
  )
  await until(() => heartbeats >= 3, { deadlineMs: 10_000, what: 'three heartbeats' })
  assert.is(fetches, 0)
  assert.is(adapter.partitionsOf(name), 3)
  assert.is(adapter.leaderOf(name, 2), 1)
})

test('the request takes our fields: offset, limits and waiting time', async () => {
  const name = await topic()
  await fill(name)
  const { adapter } = await createAdapter()
  await join(adapter, name)
  const all = new Target()
  await adapter.fetch(1, plan(name, 0), all)
  const [everything] = all.response.partitions
  assert.is(everything?.highWatermark, BATCHES)
  assert.ok(everything!.bytes > BATCHES * VALUE_BYTES)

  const one = new Target()
  await adapter.fetch(1, plan(name, 3, { maxBytes: 1 }), one)
  const [single] = one.response.partitions
  assert.is(firstBatch(one.view, single!.address, single!.bytes)?.baseOffset, 3)
  assert.ok(single!.bytes < 2 * VALUE_BYTES, 'one batch, because of maxBytes')

  const partitions = [{ topic: name, partition: 0, offset: 2, maxBytes: 1 }]
  const limited = new Target()
  await adapter.fetch(1, plan(name, 2, { partitions }), limited)
  assert.ok(
    limited.response.partitions[0]!.bytes < 2 * VALUE_BYTES,
    'one batch, because of the maxBytes of the partition',
  )

  const begin = performance.now()
  const none = new Target()
  await adapter.fetch(1, plan(name, BATCHES, { maxWaitMs: 300 }), none)
  assert.is(none.response.partitions[0]?.bytes, 0)
  assert.ok(performance.now() - begin >= 250, 'the broker waited for records')

  const waiting = new Target()
  const fetching = adapter.fetch(1, plan(name, BATCHES, { maxWaitMs: 20_000 }), waiting)
  await fill(name, 1)
  await fetching
  assert.ok(waiting.response.partitions[0]!.bytes > VALUE_BYTES, 'it came as soon as there was a record')
})

test('an error of the broker for a partition comes with the answer', async () => {
  const name = await topic()
  const { adapter } = await createAdapter()
  await join(adapter, name)
  const target = new Target()
  await adapter.fetch(1, plan(name, 1_000_000), target)
  assert.is(target.response.partitions[0]?.errorCode, 1)
})

test('positions by time: start, end and in between', async () => {
  const name = await topic()
  await fill(name, 3)
  const { adapter } = await createAdapter()
  await join(adapter, name)
  assert.equal([...(await adapter.logStarts(name, [0]))], [[0, 0]])
  assert.equal([...(await adapter.offsetsAt(name, [0], -1))], [[0, 3]])
  assert.equal([...(await adapter.offsetsAt(name, [0], 1))], [[0, 0]])
  assert.equal([...(await adapter.offsetsAt(name, [0], Date.now() + 60_000))], [[0, 3]])
  assert.not(await adapter.isCompacted(name))
})

test('Fetch takes the second connection of the broker, its socket is ours, and stand-ins keep the queue in order', async () => {
  const name = await topic()
  await fill(name)
  const { adapter, inside } = await createAdapter()
  await join(adapter, name)
  const socket = await fetchSocket(inside)
  assert.ok(readerOf(socket))
  for (let n = 0; n < 20; n++) {
    const target = new Target()
    // Other requests meanwhile go over the other connection, or between two Fetches over this one.
    await Promise.all([adapter.fetch(1, plan(name, n % BATCHES), target), adapter.offsetsAt(name, [0], -1)])
    const [answer] = target.response.partitions
    assert.is(firstBatch(target.view, answer!.address, answer!.bytes)?.baseOffset, n % BATCHES)
    assert.is(target.asked, 1)
  }
  assert.is(await fetchSocket(inside), socket, 'it was the same connection all the time')
  assert.ok(socket.bytesRead > 20 * VALUE_BYTES, 'and the records came over it')
})

test('a frame without a place ends its connection with an error, and the next Fetch gets a new one', async () => {
  const name = await topic()
  await fill(name)
  const { adapter, inside } = await createAdapter()
  await join(adapter, name)
  const socket = await fetchSocket(inside)
  const error = await adapter.fetch(1, plan(name, 0), { place: () => null }).catch(thrown => thrown)
  assert.ok(error instanceof PipelineError && error.code === 'KAFKA_REQUEST_FAILED')
  assert.ok(socket.closed, 'when it rejects, nothing can write any more')
  const target = new Target()
  await adapter.fetch(1, plan(name, 0), target)
  assert.is(target.response.partitions[0]?.errorCode, 0)
  assert.is.not(await fetchSocket(inside), socket)
})

test('a time-out closes the connection: the late answer goes nowhere', async () => {
  const kafka = await startKafka({ heapMiB: 512 })
  cleanUp(() => kafka.stop())
  const admin = createKafkaClient(kafka.address).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'late', numPartitions: 1 }], waitForLeaders: true })
  await admin.disconnect()
  await fill('late', BATCHES, kafka.address)
  const { adapter, inside } = await createAdapter(kafka.address)
  await join(adapter, 'late')
  await adapter.fetch(1, plan('late', 0), new Target())
  const socket = await fetchSocket(inside)
  const late = new Target()
  await kafka.kill('SIGSTOP')
  const begin = performance.now()
  const error = await adapter.fetch(1, plan('late', 0), late).catch(thrown => thrown)
  const tookMs = performance.now() - begin
  assert.ok(error instanceof PipelineError && error.code === 'KAFKA_REQUEST_FAILED')
  assert.ok(tookMs >= REQUEST_TIMEOUT_MS && tookMs < 10 * REQUEST_TIMEOUT_MS, `after ${tookMs} ms`)
  assert.ok(socket.closed, 'when it rejects, nothing can write any more')
  await kafka.kill('SIGCONT')
  const again = async () => {
    const target = new Target()
    await adapter.fetch(1, plan('late', 0), target)
    return target.response.partitions[0]!.bytes > VALUE_BYTES
  }
  await until(again, { deadlineMs: 20_000, what: 'an answer over a new connection' })
  assert.is(late.asked, 0, 'the late answer was placed nowhere')
})

test('the idle timer loop is stopped once, however many adapters there are', async () => {
  await createAdapter()
  await createAdapter()
  assert.is(RequestQueue.prototype.scheduleCheckPendingRequests.name, 'scheduleOnlyWhenPending')
})

test.run()

/**
 * Sends batches that are encoded already, by Produce requests over kafkajs' connections: idempotent, acks=all, one
 * in flight per partition. kafkajs keeps metadata, connections and time-outs. src/produce makes the batches.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Kafka, logLevel, PartitionAssigners } from 'kafkajs'
import { type ErrorContext, PipelineError } from '../../errors.ts'
import { type ClusterOptions, clientFactory } from './client.ts'
import { kafkaFailure } from './failure.ts'

export interface ProducerOptions extends ClusterOptions {
  readonly topic: string
  /** Makes the topic with so many partitions when it is missing; null: a missing topic is an error. */
  readonly createPartitions: number | null
  /** Until a batch that finds no willing broker is given up, ms. */
  readonly deliveryTimeoutMs: number
  /** Aborted: what is in flight is given up, as at the deadline. */
  readonly signal?: AbortSignal
}

/** A batch that wants only the identity of its producer; see produce/encode-batch.ts. */
export interface StampableBatch {
  readonly count: number
  stamp(producerId: bigint, producerEpoch: number, baseSequence: number): Buffer
}

export interface Producer {
  /** Partitions of the topic. */
  readonly partitions: number
  /**
   * Resolves with the offset of the batch's first record when all replicas in sync have it. Never call it for a
   * partition before its last call resolved. Rejects with KAFKA_REQUEST_FAILED; the partition must not be used then,
   * unless the error code is one of a batch that is too large (10, 18): of that nothing was appended.
   */
  send(partition: number, batch: StampableBatch): Promise<number>
  close(): Promise<void>
}

/** What of kafkajs' cluster is used here. */
interface Cluster {
  addTargetTopic(topic: string): Promise<void>
  refreshMetadata(): Promise<void>
  findTopicPartitionMetadata(topic: string): { partitionId: number; leader: number }[]
  findBroker(which: { nodeId: string }): Promise<Broker>
}

interface Broker {
  initProducerId(options: {
    transactionTimeout: number
  }): Promise<{ producerId: string; producerEpoch: number }>
  connectionPool: {
    send(call: {
      request: object
      response: { decode(body: Buffer): Promise<Buffer>; parse(body: Buffer): Promise<Buffer> }
      logResponseError: boolean
    }): Promise<Buffer>
  }
}

interface Identity {
  readonly producerId: bigint
  readonly producerEpoch: number
}

const produceKey = 0
const produceVersion = 7
const acksOfAll = -1
const brokerTimeoutMs = 30_000
const firstBackoffMs = 50
const lastBackoffMs = 2000
const topicForbidden = 29
/** No leader yet or any more, too few replicas, time-out, disk: the same batch may go again. */
const passingErrors = new Set([3, 5, 6, 7, 9, 13, 19, 20, 56])

/** Produce v7 => transactional_id acks timeout [topic [partition record_set]], for one partition. */
function encodeRequest(topic: string, partition: number, records: Buffer): Buffer {
  const name = Buffer.from(topic)
  const head = Buffer.alloc(2 + 2 + 4 + 4 + 2 + name.length + 4 + 4 + 4)
  let place = head.writeInt16BE(-1, 0)
  place = head.writeInt16BE(acksOfAll, place)
  place = head.writeInt32BE(brokerTimeoutMs, place)
  place = head.writeInt32BE(1, place)
  place = head.writeInt16BE(name.length, place)
  place += name.copy(head, place)
  place = head.writeInt32BE(1, place)
  place = head.writeInt32BE(partition, place)
  head.writeInt32BE(records.length, place)
  return Buffer.concat([head, records])
}

/** Of Produce v7's answer for one partition: [topic [partition error_code base_offset …]] throttle_time_ms. */
function decodeAnswer(body: Buffer): { errorCode: number; baseOffset: number } {
  const place = 4 + 2 + body.readInt16BE(4) + 4 + 4
  return { errorCode: body.readInt16BE(place), baseOffset: Number(body.readBigInt64BE(place + 2)) }
}

async function sendOnce(cluster: Cluster, topic: string, partition: number, records: Buffer) {
  const leader = cluster
    .findTopicPartitionMetadata(topic)
    .find(each => each.partitionId === partition)?.leader
  const broker = await cluster.findBroker({ nodeId: String(leader ?? -1) })
  const bytes = encodeRequest(topic, partition, records)
  const body = await broker.connectionPool.send({
    // kafkajs takes an encoder of its own from encode(); of it, it reads these two.
    request: {
      apiKey: produceKey,
      apiVersion: produceVersion,
      apiName: 'Produce',
      encode: async () => ({ buf: bytes, buffer: bytes }),
    },
    response: { decode: async answer => answer, parse: async answer => answer },
    logResponseError: false,
  })
  return decodeAnswer(body)
}

/** What the promise says; rejects earlier when the signal is aborted. */
async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  let giveUp = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(new Error('given up'))
  })
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

const refusal = (facts: ErrorContext & { readonly errorCode: number }): PipelineError =>
  new PipelineError(
    facts.errorCode === topicForbidden ? 'KAFKA_NOT_AUTHORIZED' : 'KAFKA_REQUEST_FAILED',
    facts,
  )

/** Sends until it is acknowledged. The stamped bytes stay the same, so the broker knows a repetition. */
async function deliver(
  cluster: Cluster,
  options: ProducerOptions,
  partition: number,
  bytes: Buffer,
): Promise<number> {
  const { signal, topic } = options
  const deadline = Date.now() + options.deliveryTimeoutMs
  for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(2 * backoffMs, lastBackoffMs)) {
    let failure: PipelineError
    try {
      const { errorCode, baseOffset } = await unlessAborted(
        sendOnce(cluster, topic, partition, bytes),
        signal,
      )
      if (errorCode === 0) return baseOffset
      failure = refusal({ request: 'Produce', topic, partition, errorCode })
      if (!passingErrors.has(errorCode)) throw failure
    } catch (error) {
      if (error instanceof PipelineError) throw error
      failure = kafkaFailure(error, { request: 'Produce', topic, partition })
    }
    if (signal?.aborted || Date.now() + backoffMs > deadline) throw failure
    // An abort rejects it, and the next attempt.
    await delay(backoffMs, null, signal ? { signal } : {}).catch(() => undefined)
    // The next attempt says what is wrong if this does not help.
    await cluster.refreshMetadata().catch(() => undefined)
  }
}

/** Makes the topic when it is missing and may be made. Throws TOPIC_MISSING when it is and may not. */
async function ensureTopic(kafka: Kafka, { topic, createPartitions }: ProducerOptions): Promise<void> {
  const admin = kafka.admin()
  await admin.connect()
  try {
    if ((await admin.listTopics()).includes(topic)) return
    if (createPartitions === null) throw new PipelineError('TOPIC_MISSING', { topic })
    await admin.createTopics({ topics: [{ topic, numPartitions: createPartitions }], waitForLeaders: true })
  } finally {
    await admin.disconnect()
  }
}

/** A broker that has just started is still loading what it needs for this: asked again until the deadline. */
async function identify(
  cluster: Cluster,
  { signal, topic, deliveryTimeoutMs }: ProducerOptions,
): Promise<Identity> {
  const deadline = Date.now() + deliveryTimeoutMs
  for (let backoffMs = firstBackoffMs; ; backoffMs = Math.min(2 * backoffMs, lastBackoffMs)) {
    const [first] = cluster.findTopicPartitionMetadata(topic)
    try {
      const broker = await cluster.findBroker({ nodeId: String(first?.leader ?? -1) })
      const { producerId, producerEpoch } = await broker.initProducerId({
        transactionTimeout: brokerTimeoutMs,
      })
      return { producerId: BigInt(producerId), producerEpoch }
    } catch (error) {
      const isPassing = (error as { retriable?: boolean }).retriable === true
      if (!isPassing || signal?.aborted || Date.now() + backoffMs > deadline) throw error
      await delay(backoffMs)
      await cluster.refreshMetadata()
    }
  }
}

/** A consumer that never joins a group: its assigner is what kafkajs hands its cluster to. */
function openCluster(kafka: Kafka, clientId: string) {
  let cluster: Cluster | null = null
  const consumer = kafka.consumer({
    groupId: `${clientId}-producer`,
    allowAutoTopicCreation: false,
    partitionAssigners: [
      dependencies => {
        cluster = (dependencies as unknown as { cluster: Cluster }).cluster
        return PartitionAssigners.roundRobin(dependencies)
      },
    ],
  })
  if (cluster === null)
    throw new PipelineError('KAFKA_REQUEST_FAILED', { request: 'connect', reason: 'no cluster' })
  return { cluster: cluster as Cluster, consumer }
}

/** Connects and takes a producer id. Throws TOPIC_MISSING, KAFKA_REQUEST_FAILED or what is wrong with TLS and login. */
export async function connectProducer(options: ProducerOptions): Promise<Producer> {
  const { topic, clientId } = options
  const kafka = clientFactory(options)({ logLevel: logLevel.NOTHING })
  const { cluster, consumer } = openCluster(kafka, clientId)
  try {
    const arrive = async (): Promise<Identity> => {
      await ensureTopic(kafka, options)
      await consumer.connect()
      await cluster.addTargetTopic(topic)
      await cluster.refreshMetadata()
      return identify(cluster, options)
    }
    const { producerId, producerEpoch } = await unlessAborted(arrive(), options.signal)
    const partitions = cluster.findTopicPartitionMetadata(topic).length
    const sequences = new Array<number>(partitions).fill(0)
    return {
      partitions,
      async send(partition, batch) {
        const sequence = sequences[partition]!
        const bytes = batch.stamp(producerId, producerEpoch, sequence)
        const baseOffset = await deliver(cluster, options, partition, bytes)
        // Sequences wrap to 0 after the largest 32-bit number.
        sequences[partition] = (sequence + batch.count) % 2 ** 31
        return baseOffset
      },
      close: () => consumer.disconnect(),
    }
  } catch (error) {
    await consumer.disconnect()
    throw kafkaFailure(error, { request: 'connect' })
  }
}

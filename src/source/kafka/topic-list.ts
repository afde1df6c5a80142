/**
 * Which topics there are, with the ids by which one that was deleted and made anew is told apart: Metadata, version 10,
 * over a connection of kafkajs, which itself speaks 6 at most and so hears of no ids. Neighbour: adapter.ts.
 * Grammar: apache/kafka clients/src/main/resources/common/message/Metadata{Request,Response}.json; compact lengths are
 * unsigned varints of the length + 1, tags close every structure (KIP-482).
 *
 *   request  = tags, topics [id uuid, name, tags] or null for all, auto_create bool, 2 bools, tags
 *   response = tags, throttle_ms i32, [node i32, host, port i32, rack, tags], cluster_id, controller i32, [topic], i32, tags
 *   topic    = error_code i16, name, id uuid, is_internal bool, [partition], operations i32, tags
 *   partition = error_code i16, index i32, leader i32, epoch i32, [replica i32], [isr i32], [offline i32], tags
 */
import { PipelineError } from '../../errors.ts'
import type { Broker, Cluster } from './cluster.ts'

export interface TopicFacts {
  readonly name: string
  /** Null where the broker gives none (before Kafka 2.8). */
  readonly id: string | null
  readonly partitions: number
  /** Of these: fewer replicas in sync than there should be; nobody leads them. */
  readonly underReplicated: number
  readonly leaderless: number
  readonly isInternal: boolean
}

export interface TopicList {
  readonly clusterId: string
  /** That are alive. */
  readonly brokers: number
  readonly topics: readonly TopicFacts[]
}

const METADATA_KEY = 3
const VERSION = 10
const NONE = 0
const LEADER_NOT_AVAILABLE = 5
const NO_ID = '00000000-0000-0000-0000-000000000000'
const UUID_BYTES = 16

/** Asks a broker now: for these topics, of which those that do not exist are left out, or (null) for all. */
export async function listTopics(cluster: Cluster, names: readonly string[] | null): Promise<TopicList> {
  const broker = await cluster.brokerPool.findConnectedBroker()
  const range = broker.versions?.[METADATA_KEY]
  if (range === undefined || range.minVersion > VERSION || range.maxVersion < VERSION)
    return listWithoutIds(cluster, names)
  return decode(await send(broker, encode(names)))
}

function send(broker: Broker, bytes: Buffer): Promise<Buffer> {
  return broker.connectionPool.send({
    // kafkajs takes an encoder of its own from encode(); of it, it reads these two.
    request: {
      apiKey: METADATA_KEY,
      apiVersion: VERSION,
      apiName: 'Metadata',
      encode: async () => ({ buf: bytes, buffer: bytes }),
    },
    response: { decode: async body => body, parse: async body => body },
    logResponseError: false,
  })
}

async function listWithoutIds(cluster: Cluster, names: readonly string[] | null): Promise<TopicList> {
  const { brokers, clusterId, topicMetadata } = await cluster.metadata({ topics: [] })
  const asked = topicMetadata.filter(({ topic }) => names === null || names.includes(topic))
  const topics = asked.map(({ topic, isInternal, partitionMetadata }) => ({
    name: topic,
    id: null,
    partitions: partitionMetadata.length,
    underReplicated: partitionMetadata.filter(({ isr, replicas }) => isr.length < replicas.length).length,
    leaderless: partitionMetadata.filter(({ leader }) => leader < 0).length,
    isInternal,
  }))
  return { clusterId: clusterId ?? '', brokers: brokers.length, topics }
}

/** The body, with the tags that end a header of version 2 in front. */
function encode(names: readonly string[] | null): Buffer {
  const topics = (names ?? []).map(name => {
    const text = Buffer.from(name)
    return Buffer.concat([Buffer.alloc(UUID_BYTES), varint(text.length + 1), text, Buffer.of(0)])
  })
  const count = names === null ? 0 : topics.length + 1
  return Buffer.concat([Buffer.of(0), varint(count), ...topics, Buffer.of(0, 0, 0, 0)])
}

function varint(value: number): Buffer {
  const bytes: number[] = []
  for (let left = value; ; left >>>= 7) {
    if (left < 0x80) return Buffer.from([...bytes, left])
    bytes.push((left & 0x7f) | 0x80)
  }
}

function decode(body: Buffer): TopicList {
  const reader = new Reader(body)
  reader.tags()
  reader.skip(4)
  const brokers = reader.each(() => {
    reader.skip(4)
    reader.text()
    reader.skip(4)
    reader.text()
    reader.tags()
  })
  const clusterId = reader.text() ?? ''
  reader.skip(4)
  const topics: TopicFacts[] = []
  reader.each(() => {
    const { errorCode, facts } = topic(reader)
    if (errorCode === NONE || errorCode === LEADER_NOT_AVAILABLE) topics.push(facts)
  })
  return { clusterId, brokers, topics }
}

function topic(reader: Reader): { errorCode: number; facts: TopicFacts } {
  const errorCode = reader.int16()
  const name = reader.text() ?? ''
  const id = reader.uuid()
  const isInternal = reader.skip(1) !== 0
  let [underReplicated, leaderless] = [0, 0]
  const nodes = (): number => reader.each(() => reader.skip(4))
  const partitions = reader.each(() => {
    reader.skip(2 + 4)
    if (reader.int32() < 0) leaderless += 1
    reader.skip(4)
    const [replicas, inSync] = [nodes(), nodes()]
    if (inSync < replicas) underReplicated += 1
    nodes()
    reader.tags()
  })
  reader.skip(4)
  reader.tags()
  const counts = { partitions, underReplicated, leaderless }
  return { errorCode, facts: { name, id: id === NO_ID ? null : id, ...counts, isInternal } }
}

class Reader {
  private at = 0
  private readonly bytes: Buffer

  constructor(bytes: Buffer) {
    this.bytes = bytes
  }

  /** The first of the bytes passed. */
  skip(count: number): number {
    this.at += count
    if (this.at > this.bytes.length)
      throw new PipelineError('KAFKA_REQUEST_FAILED', {
        request: 'Metadata',
        reason: 'the answer ends too early',
      })
    return count === 0 ? 0 : this.bytes[this.at - count]!
  }

  int16(): number {
    this.skip(2)
    return this.bytes.readInt16BE(this.at - 2)
  }

  int32(): number {
    this.skip(4)
    return this.bytes.readInt32BE(this.at - 4)
  }

  varint(): number {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = this.skip(1)
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
  }

  text(): string | null {
    const length = this.varint() - 1
    if (length < 0) return null
    this.skip(length)
    return this.bytes.toString('utf8', this.at - length, this.at)
  }

  uuid(): string {
    this.skip(UUID_BYTES)
    const hex = this.bytes.toString('hex', this.at - UUID_BYTES, this.at)
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  }

  /** Reads so many elements as the compact array says; returns their number. */
  each(read: () => void): number {
    const count = Math.max(0, this.varint() - 1)
    for (let n = 0; n < count; n++) read()
    return count
  }

  tags(): void {
    for (let count = this.varint(); count > 0; count--) {
      this.varint()
      this.skip(this.varint())
    }
  }
}

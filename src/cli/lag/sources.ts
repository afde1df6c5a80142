/**
 * Reads the lag from the mirror in Redis where it is fresh, else from Postgres and Kafka. Connections are kept between
 * readings, for --watch. Neighbours: redis/reader.ts, store/stored-positions.ts, source/kafka/inspector.ts.
 */
import type { Config } from '../../config/index.ts'
import { presentTopics, selectTopics } from '../../config/topics.ts'
import { messageOf, PipelineError } from '../../errors.ts'
import { type MirroredPartition, MirrorReader } from '../../redis/reader.ts'
import { KafkaInspector } from '../../source/kafka/inspector.ts'
import { StorePool } from '../../store/connection.ts'
import { storedPositions } from '../../store/stored-positions.ts'
import { type LagReport, type PartitionLag, reportOf } from './report.ts'

type Watermarks = ReadonlyMap<string, ReadonlyMap<number, number>>

export class LagSources {
  private readonly config: Config
  private readonly mirror: MirrorReader | null
  private readonly inspector: KafkaInspector
  private readonly store: StorePool

  constructor(config: Config) {
    const { kafka, postgres, redis } = config
    this.config = config
    this.mirror =
      redis.url === ''
        ? null
        : new MirrorReader({ url: redis.url, prefix: redis.prefix, groupId: kafka.groupId })
    this.inspector = new KafkaInspector({ ...kafka, clientId: `${kafka.clientId}-lag` })
    const { connectTimeoutMs, url } = postgres
    this.store = new StorePool({ url, connectTimeoutMs, access: 'read' })
  }

  /** @throws PipelineError when neither Redis nor Postgres can tell; without Kafka the high watermarks are null */
  async read(): Promise<LagReport> {
    const notes: string[] = []
    const mirrored = this.mirror === null ? null : await this.fromMirror(this.mirror, notes)
    if (mirrored !== null) {
      const pressure = await optional('Redis', () => this.mirror!.pressure(), notes)
      return reportOf('redis', mirrored, notes, pressure)
    }
    return reportOf('postgres', await this.fromPostgres(notes), notes)
  }

  /** Null when the mirror does not cover every topic, or an instance behind it is dead. */
  private async fromMirror(mirror: MirrorReader, notes: string[]): Promise<PartitionLag[] | null> {
    const entries = await optional('Redis', () => mirror.read(), notes)
    if (entries === null) return null
    const mirrored = presentTopics(entries.map(({ topic }) => topic))
    const { topics, missing } = selectTopics(this.config.kafka.topics, mirrored)
    const ours = entries.filter(({ topic }) => topics.includes(topic))
    const isWhole = ours.length > 0 && missing.length === 0
    if (isWhole && ours.every(({ isFresh }) => isFresh)) return ours.map(fromEntry)
    notes.push('Redis: no running instance keeps the mirror up to date')
    return null
  }

  private async fromPostgres(notes: string[]): Promise<PartitionLag[]> {
    const { groupId, topics: items } = this.config.kafka
    const cluster = await optional('Kafka', () => this.inspector.cluster(), notes)
    const { topics: present, missing } = selectTopics(items, presentTopics(cluster?.topics.keys() ?? []))
    if (cluster !== null) for (const topic of missing) notes.push(`Kafka: topic ${topic} does not exist`)
    const topics = [...present, ...missing]
    const ends: Watermarks = (await optional('Kafka', () => this.watermarks(present), notes)) ?? new Map()
    const stored = await storedPositions(this.store, cluster?.clusterId ?? null, groupId, topics)
    const known = new Set(stored.map(({ topic, partition }) => `${topic}/${partition}`))
    const unclaimed = [...ends].flatMap(([topic, partitions]) =>
      [...partitions.keys()]
        .filter(partition => !known.has(`${topic}/${partition}`))
        .map(partition => ({ topic, partition, committed: null })),
    )
    return [...stored, ...unclaimed].map(one => fromPosition(one, ends))
  }

  private async watermarks(topics: readonly string[]): Promise<Watermarks> {
    const ends = new Map<string, ReadonlyMap<number, number>>()
    for (const topic of topics) ends.set(topic, await this.inspector.highWatermarks(topic))
    return ends
  }

  async close(): Promise<void> {
    this.mirror?.close()
    await Promise.all([this.inspector.close(), this.store.end()])
  }
}

/** Null, and a note, when the service cannot tell. */
async function optional<T>(service: string, read: () => Promise<T>, notes: string[]): Promise<T | null> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof PipelineError)) throw error
    notes.push(`${service}: ${messageOf(error)}`)
    return null
  }
}

const fromEntry = (entry: MirroredPartition): PartitionLag => ({
  topic: entry.topic,
  partition: entry.partition,
  committed: entry.committed,
  highWatermark: entry.high_watermark,
  lag: entry.lag,
  fetched: entry.fetched,
  parsed: entry.parsed,
  inFlightBytes: entry.in_flight_bytes,
  instance: entry.instance,
})

function fromPosition(
  { topic, partition, committed }: { topic: string; partition: number; committed: number | null },
  ends: Watermarks,
): PartitionLag {
  const highWatermark = ends.get(topic)?.get(partition) ?? null
  const isKnown = committed !== null && highWatermark !== null
  return {
    topic,
    partition,
    committed,
    highWatermark,
    lag: isKnown ? Math.max(0, highWatermark - committed) : null,
    fetched: null,
    parsed: null,
    inFlightBytes: null,
    instance: null,
  }
}

/**
 * The part of `verify --kafka` that asks the brokers: brings positions, ledger and the brokers' counts together for
 * src/store/verify/broker.ts, which judges. One partition after the other, a page of the ledger at a time.
 */
import { type Config, selectTopics } from '../../config/index.ts'
import { presentTopics } from '../../config/topics.ts'
import { PipelineError } from '../../errors.ts'
import { KafkaAdapter } from '../../source/kafka/adapter.ts'
import { KafkaInspector } from '../../source/kafka/inspector.ts'
import { countRecords } from '../../source/kafka/record-counts.ts'
import { StorePool } from '../../store/connection.ts'
import { BrokerComparison, type BrokerTopic, type StoredPartition } from '../../store/verify/broker.ts'
import type { VerifyCheck } from '../../store/verify/index.ts'
import { ledgerPages, storedPartitions } from '../../store/verify/ledger-reader.ts'

/** Told while a partition is read: at `offset`, on the way to `end`. */
export type OnProgress = (place: string, offset: number, end: number) => void

/** A topic before the ends of its logs are known. */
type FoundTopic = BrokerTopic & { readonly starts: ReadonlyMap<number, number> }

/** The brokers as a witness beside the ledger. Close it, also when `connect` failed. */
export class KafkaWitness {
  private readonly config: Config
  private readonly onProgress: OnProgress
  private readonly inspector: KafkaInspector
  private readonly adapter: KafkaAdapter
  private readonly store: StorePool
  private readonly comparison = new BrokerComparison()

  constructor(config: Config, onProgress: OnProgress) {
    const { kafka, postgres } = config
    const { connectTimeoutMs, url } = postgres
    const named = { ...kafka, clientId: `${kafka.clientId}-verify` }
    this.config = config
    this.onProgress = onProgress
    this.inspector = new KafkaInspector(named)
    this.adapter = new KafkaAdapter({ ...named, log: () => undefined })
    this.store = new StorePool({ url, connectTimeoutMs, access: 'read' })
  }

  /** @throws PipelineError within seconds when no broker answers or lets us in */
  async connect(): Promise<void> {
    await this.inspector.cluster()
    // It joins no group: it has the connections over which the engine fetches.
    await this.adapter.connect()
  }

  /** @throws PipelineError when Kafka or Postgres goes away, or a batch cannot be read */
  async compare(sinceMs: number | null): Promise<readonly VerifyCheck[]> {
    const { clusterId } = await this.adapter.topics([])
    const scope = { clusterId, groupId: this.config.kafka.groupId, sinceMs }
    const known = (await storedPartitions(this.store, scope)).filter(isCurrent)
    const found = await this.find([...new Set(known.map(({ topic }) => topic))])
    // Positions only grow: the starts were read before them, the ends are read after them.
    const stored = await storedPartitions(this.store, scope)
    const byTopic = new Map<string, StoredPartition[]>()
    for (const one of stored) {
      if (isCurrent(one)) byTopic.set(one.topic, [...(byTopic.get(one.topic) ?? []), one])
      else this.leaveOut(one, one.isOurs ? 'of a topic that was recreated' : 'of another cluster or group')
    }
    for (const [topic, partitions] of byTopic) await this.topic(topic, partitions, found.get(topic) ?? null)
    return this.comparison.checks()
  }

  private async find(names: readonly string[]): Promise<Map<string, FoundTopic>> {
    const { topics } = await this.adapter.topics(names)
    await this.adapter.resubscribe(topics.map(({ name }) => name))
    const found = new Map<string, FoundTopic>()
    for (const { id, name, partitions } of topics) {
      const numbers = Array.from({ length: partitions }, (_, partition) => partition)
      const starts = await this.adapter.logStarts(name, numbers)
      found.set(name, { id, isCompacted: await this.isCompacted(name), starts })
    }
    return found
  }

  /** Who may not ask for a topic's settings takes it for one that is not compacted, as the engine does. */
  private async isCompacted(topic: string): Promise<boolean> {
    try {
      return await this.adapter.isCompacted(topic)
    } catch (error) {
      if (error instanceof PipelineError && error.code === 'KAFKA_NOT_AUTHORIZED') return false
      throw error
    }
  }

  private async topic(
    name: string,
    partitions: readonly StoredPartition[],
    found: FoundTopic | null,
  ): Promise<void> {
    const isConfigured = selectTopics(this.config.kafka.topics, presentTopics([name])).topics.length > 0
    const isSame = this.comparison.topic(partitions[0]!, found, isConfigured)
    if (found === null || !isSame) {
      const why = found === null ? 'of a topic that the brokers do not have' : 'of a topic that was recreated'
      for (const one of partitions) this.leaveOut(one, why)
      return
    }
    const ends = await this.inspector.highWatermarks(name)
    for (const one of partitions) {
      const [start, end] = [found.starts.get(one.partition), ends.get(one.partition)]
      const log = start === undefined || end === undefined ? null : { start, end }
      this.comparison.position(one, log)
      if (log === null) this.leaveOut(one, 'of a partition that the brokers do not have')
      else await this.partition(one, log.start, found.isCompacted)
    }
  }

  private async partition(stored: StoredPartition, start: number, isCompacted: boolean): Promise<void> {
    const { lower, nextOffset, partition, topic } = stored
    if (lower === null) return
    const onProgress = (offset: number): void => this.onProgress(`${topic}/${partition}`, offset, nextOffset)
    let logStart = start
    for await (const ranges of ledgerPages(this.store, stored, lower)) {
      const counts = await countRecords(this.adapter, { topic, partition, ranges, logStart, onProgress })
      this.comparison.ranges(stored, ranges, counts, isCompacted)
      logStart = Math.max(logStart, counts.from)
    }
  }

  private leaveOut({ lower, nextOffset, topic }: StoredPartition, why: string): void {
    if (lower !== null) this.comparison.leaveOut(topic, why, { firstOffset: lower, nextOffset })
  }

  async close(): Promise<void> {
    await Promise.all([this.inspector.close(), this.adapter.leave(), this.store.end()])
  }
}

const isCurrent = ({ isLatest, isOurs }: StoredPartition): boolean => isLatest && isOurs

/**
 * kafkajs as LogCollector uses it: group membership, heartbeats, metadata, connections. Never its fetcher: every
 * partition stays paused, and Fetch requests go over its connections into the arena (frames.ts).
 */
import {
  type Admin,
  type Consumer,
  type ConsumerCrashEvent,
  type ConsumerGroupJoinEvent,
  type Kafka,
  logLevel,
} from 'kafkajs'
import { PipelineError } from '../../errors.ts'
import { Subscription } from './assigner.ts'
import { type ClientOptions, type ClusterOptions, clientFactory } from './client.ts'
import type { Cluster } from './cluster.ts'
import { kafkaFailure } from './failure.ts'
import { type FetchOptions, type FetchPlan, sendFetch } from './fetch-request.ts'
import { forwardLog, type KafkaLog } from './forward-log.ts'
import { arenaSocketFactory, type FrameTarget } from './frames.ts'
import { signOffPredecessors } from './predecessors.ts'
import { listTopics, type TopicList } from './topic-list.ts'

export interface KafkaOptions extends ClusterOptions, FetchOptions {
  readonly groupId: string
  readonly sessionTimeoutMs: number
  readonly heartbeatIntervalMs: number
  readonly log: KafkaLog
}

export interface GroupListener {
  /** The whole new assignment, topic → partitions. Called after every join, also where nothing changed. */
  onAssigned(
    assignment: Readonly<Record<string, readonly number[]>>,
    memberId: string,
    durationMs: number,
  ): void
  onCrash(error: Error, restart: boolean): void
  /** The coordinator answered a heartbeat: we are still a member of this generation. */
  onHeartbeat(): void
}

/** kafkajs wakes for its heartbeat after this long where all partitions are paused. */
const IDLE_LOOP_MS = 250
const METADATA_MAX_AGE_MS = 60_000
const LOG_START = -2
/** kafkajs declares this constant but exports it in no way that an ES module can name. */
const TOPIC_RESOURCE = 2

export class KafkaAdapter {
  private readonly options: KafkaOptions
  private readonly createClient: (options: ClientOptions) => Kafka
  private consumer: Consumer
  private admin: Admin
  private cluster: Cluster | null = null
  private readonly subscription = new Subscription()

  constructor(options: KafkaOptions) {
    this.options = options
    this.createClient = clientFactory(options)
    ;({ consumer: this.consumer, admin: this.admin } = this.createClients())
  }

  private createClients(): { consumer: Consumer; admin: Admin } {
    const { options } = this
    const kafka = this.createClient({
      requestTimeout: options.requestTimeoutMs,
      socketFactory: arenaSocketFactory,
      logLevel: logLevel.INFO,
      logCreator: () => entry => forwardLog(options.log, entry),
    })
    const consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: options.sessionTimeoutMs,
      heartbeatInterval: options.heartbeatIntervalMs,
      maxWaitTimeInMs: IDLE_LOOP_MS,
      metadataMaxAge: METADATA_MAX_AGE_MS,
      allowAutoTopicCreation: false,
      partitionAssigners: [
        deps => {
          const { cluster } = deps as unknown as { cluster: Cluster }
          this.cluster = cluster
          this.subscription.watch(cluster)
          return this.subscription.assigner(cluster)
        },
      ],
    })
    return { consumer, admin: kafka.admin() }
  }

  async connect(): Promise<void> {
    await this.request('connect', () => this.consumer.connect())
  }

  /** Those of these topics that exist, or (null) all, as a broker says now. */
  topics(names: readonly string[] | null): Promise<TopicList> {
    return this.ask('Metadata', cluster => listTopics(cluster, names))
  }

  /** The topics to read are others now: the group is joined again for it, by those who stay members all the while. */
  async resubscribe(topics: readonly string[]): Promise<void> {
    await this.ask('Metadata', async cluster => {
      // Metadata of a topic that is gone are an error, which kafkajs would meet again and again.
      for (const topic of cluster.targetTopics)
        if (!topics.includes(topic)) cluster.targetTopics.delete(topic)
      await cluster.addMultipleTargetTopics(topics)
      await cluster.refreshMetadata()
    })
    this.subscription.change(topics)
  }

  /** Ids of members of our group that were signed off, because their process on this host is gone. */
  async signOffPredecessors(): Promise<readonly string[]> {
    return this.ask('LeaveGroup', cluster => signOffPredecessors(cluster, this.options.groupId))
  }

  /** Joins the group; from then on the listener hears of every assignment. The topics must exist. */
  async join(topics: readonly string[], listener: GroupListener): Promise<void> {
    const { consumer, subscription } = this
    subscription.begin(topics)
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }: ConsumerGroupJoinEvent) => {
      const assignment = payload.memberAssignment as Record<string, number[]>
      subscription.joined()
      consumer.pause(Object.entries(assignment).map(([topic, partitions]) => ({ topic, partitions })))
      listener.onAssigned(assignment, payload.memberId, payload.duration)
    })
    consumer.on(consumer.events.CRASH, ({ payload }: ConsumerCrashEvent) => {
      subscription.left()
      listener.onCrash(kafkaFailure(payload.error, { request: 'group' }), payload.restart)
    })
    consumer.on(consumer.events.HEARTBEAT, () => listener.onHeartbeat())
    await this.request('subscribe', () => consumer.subscribe({ topics: [...topics] }))
    await this.request('join', () => consumer.run({ autoCommit: false, eachBatch: async () => undefined }))
  }

  /** Leaves the group and closes the connections. After it `connect` and `join` begin with new clients. */
  async leave(): Promise<void> {
    const { consumer, admin } = this
    ;({ consumer: this.consumer, admin: this.admin } = this.createClients())
    await Promise.allSettled([consumer.disconnect(), admin.disconnect()])
  }

  /** Positions for other tools to see; nobody reads them here. Failing is no harm. */
  async publishPositions(
    positions: readonly { topic: string; partition: number; offset: number }[],
  ): Promise<void> {
    await this.request('OffsetCommit', () =>
      this.consumer.commitOffsets(positions.map(p => ({ ...p, offset: String(p.offset) }))),
    )
  }

  /** How many partitions the metadata know of; 0: none yet. */
  partitionsOf(topic: string): number {
    return this.metadataOf(topic).length
  }

  /** The broker that leads the partition as far as the metadata knows, or null. */
  leaderOf(topic: string, partition: number): number | null {
    const found = this.metadataOf(topic).find(({ partitionId }) => partitionId === partition)
    return found === undefined || found.leader < 0 ? null : found.leader
  }

  private metadataOf(topic: string): ReturnType<Cluster['findTopicPartitionMetadata']> {
    try {
      return this.known().findTopicPartitionMetadata(topic)
    } catch {
      // It throws for one reason: new clients have no metadata before their first answer.
      return []
    }
  }

  /** Compaction rewrites batches, so a changed checksum means nothing there. */
  async isCompacted(topic: string): Promise<boolean> {
    await this.request('connect', () => this.admin.connect())
    const { resources } = await this.request('DescribeConfigs', () =>
      this.admin.describeConfigs({
        includeSynonyms: false,
        resources: [{ type: TOPIC_RESOURCE, name: topic, configNames: ['cleanup.policy'] }],
      }),
    )
    return resources.some(({ configEntries }) =>
      configEntries.some(
        ({ configName, configValue }) => configName === 'cleanup.policy' && configValue.includes('compact'),
      ),
    )
  }

  async refreshMetadata(): Promise<void> {
    await this.ask('Metadata', cluster => cluster.refreshMetadata())
  }

  /** Offset of the first record at or after `timestampMs` (log start −2, end −1), per partition; the end where there is none. */
  async offsetsAt(
    topic: string,
    partitions: readonly number[],
    timestampMs: number,
  ): Promise<Map<number, number>> {
    const at = await this.listOffsets(topic, partitions, timestampMs)
    const missing = partitions.filter(partition => (at.get(partition) ?? -1) < 0)
    if (missing.length === 0) return at
    const ends = await this.listOffsets(topic, missing, -1)
    for (const partition of missing) at.set(partition, ends.get(partition) ?? 0)
    return at
  }

  async logStarts(topic: string, partitions: readonly number[]): Promise<Map<number, number>> {
    return this.listOffsets(topic, partitions, LOG_START)
  }

  private async listOffsets(
    topic: string,
    partitions: readonly number[],
    at: number,
  ): Promise<Map<number, number>> {
    const [found] = await this.ask('ListOffsets', cluster =>
      cluster.fetchTopicsOffset([
        { topic, partitions: partitions.map(partition => ({ partition })), fromTimestamp: String(at) },
      ]),
    )
    const offsets = new Map(found?.partitions.map(({ partition, offset }) => [partition, Number(offset)]))
    // kafkajs leaves out what it knows no leader of.
    const unknown = partitions.find(partition => !offsets.has(partition))
    if (unknown === undefined) return offsets
    const facts = { request: 'ListOffsets', topic, partition: unknown, reason: 'no leader' }
    throw new PipelineError('KAFKA_REQUEST_FAILED', facts)
  }

  /**
   * One Fetch to one broker, answered into `target`. Resolves when the whole frame is in place. On any failure the
   * connection is destroyed and the promise rejects only after its socket is closed: then nothing writes there any more.
   */
  fetch(broker: number, plan: FetchPlan, target: FrameTarget): Promise<void> {
    return this.ask('Fetch', cluster => sendFetch(cluster, broker, plan, target, this.options))
  }

  private known(): Cluster {
    if (this.cluster === null)
      throw new PipelineError('KAFKA_REQUEST_FAILED', { request: 'none', reason: 'not connected yet' })
    return this.cluster
  }

  /** What outlives the clients that it was asked of may have connected them again: then it closes them behind itself. */
  private async ask<T>(request: string, run: (cluster: Cluster) => Promise<T>): Promise<T> {
    const cluster = this.known()
    try {
      return await this.request(request, () => run(cluster))
    } finally {
      if (cluster !== this.cluster) await cluster.disconnect()
    }
  }

  private async request<T>(request: string, run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      throw kafkaFailure(error, { request })
    }
  }
}

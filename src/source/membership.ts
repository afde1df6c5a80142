/**
 * Our place in the consumer group: connects, waits for topics to exist, joins, and tells the source of every
 * assignment; looks for topics and partitions that come and go. kafkajs rejoins by itself; only a crash that it will not
 * recover from is a failure for the supervisor, which stops and starts us: then we join anew, and whatever partitions come
 * back to us go on where they are.
 */
import { isPattern, selectTopics } from '../config/index.ts'
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { delay, retryWhile } from '../supervisor/backoff.ts'
import { Signal } from '../supervisor/signal.ts'
import type { KafkaAdapter } from './kafka/adapter.ts'
import type { TopicFacts } from './kafka/topic-list.ts'

export interface MembershipDeps {
  readonly adapter: KafkaAdapter
  /** Names and expressions. */
  readonly topics: readonly string[]
  readonly topicsRefreshMs: number
  /** After each look: the ids of the topics that there are. */
  readonly onTopicIds: (ids: ReadonlyMap<string, string>) => void
  readonly onAssigned: (assignment: Readonly<Record<string, readonly number[]>>) => void
  readonly onHeartbeat: () => void
  readonly onFailed: (error: Error) => void
  /** Positions to show to other tools: what moved since it was published. */
  readonly positions: () => readonly GroupPosition[]
  readonly onPublished: (positions: readonly GroupPosition[]) => void
  readonly emit: Emit
}

interface GroupPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

const PUBLISH_EVERY_MS = 5_000
/** While a topic is missing. */
const TOPIC_LOOK_MS = 1_000
/** Between two looks, however often somebody asks for one. */
const LEAST_PAUSE_MS = 100
/** The last positions are a courtesy: a broker that does not take them must not hold up the end. */
const LAST_PUBLISH_MS = 1_000

export class Membership {
  clusterId = ''
  /** Topics that appeared after our first look: they start at their log start. */
  readonly lateTopics = new Set<string>()
  /** Configured topics that do not exist now. */
  missing: readonly string[] = []
  /** Why we are no member yet, in words; null: we are. */
  trouble: string | null = 'connecting to Kafka'
  private readonly deps: MembershipDeps
  /** Read now. */
  private topics: readonly string[] = []
  /** Seen at any time. */
  private readonly known = new Set<string>()
  /** Read and not found at the last look, with the time when they were not found first. */
  private missedSince: ReadonlyMap<string, number> = new Map()
  /** Number of partitions at the last look. */
  private partitions: ReadonlyMap<string, number> = new Map()
  private readonly news = new Signal()
  private watching: Promise<void> = Promise.resolve()
  /** Aborted by `stop`: what a start still has under way is not wanted any more. */
  private life = new AbortController()
  private timer: NodeJS.Timeout | undefined

  constructor(deps: MembershipDeps) {
    this.deps = deps
  }

  /** Resolves when the group was asked to let us in; never rejects: whatever fails is tried again until `stop`. */
  async start(): Promise<void> {
    const { adapter } = this.deps
    this.life = new AbortController()
    this.missedSince = new Map()
    const { signal } = this.life
    await this.untilDone(signal, 'connecting to Kafka', () => adapter.connect())
    await this.untilDone(signal, 'looking for topics', () => this.waitForTopics(signal))
    await this.untilDone(signal, 'joining the group', () => this.join(signal))
    if (signal.aborted) return
    const publish = () => {
      this.publish().catch(error => this.deps.onFailed(error))
    }
    this.timer = setInterval(publish, PUBLISH_EVERY_MS)
    this.watching = this.watch(signal).catch(error => this.deps.onFailed(error))
  }

  private async untilDone(signal: AbortSignal, step: string, run: () => Promise<void>): Promise<void> {
    if (signal.aborted) return
    this.trouble = step
    const onError = (error: unknown) => {
      if (signal.aborted) return
      const failure =
        error instanceof PipelineError
          ? error
          : new PipelineError('KAFKA_REQUEST_FAILED', { request: step }, error)
      this.trouble = `${step}: ${failure.message}`
      this.deps.emit('source:fetch:failed', { broker: -1, error: failure })
    }
    await retryWhile(run, { isWanted: () => !signal.aborted, onError })
  }

  /** Some topic is enough to begin with; others are added when they are there. */
  private async waitForTopics(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      this.topics = await this.look()
      if (this.topics.length > 0) return
      this.trouble = `waiting for a topic of ${this.deps.topics.join(', ')}`
      await this.news.wait(TOPIC_LOOK_MS)
    }
  }

  /** The topics to read, as the brokers have them now. */
  private async look(): Promise<readonly string[]> {
    const { adapter, onTopicIds, topics: items } = this.deps
    const { brokers, clusterId, topics: present } = await adapter.topics(items.some(isPattern) ? null : items)
    const { topics, missing } = selectTopics(items, present)
    if (this.clusterId !== '') {
      for (const topic of topics) if (!this.known.has(topic)) this.lateTopics.add(topic)
    }
    for (const topic of topics) this.known.add(topic)
    this.clusterId = clusterId
    this.missing = missing
    this.partitions = new Map(present.map(({ name, partitions }) => [name, partitions]))
    this.deps.emit('source:metadata:read', {})
    this.tell(
      brokers,
      present.filter(({ name }) => topics.includes(name)),
    )
    onTopicIds(new Map(present.flatMap(({ name, id }) => (id === null ? [] : [[name, id]]))))
    return topics
  }

  private tell(brokers: number, topics: readonly TopicFacts[]): void {
    this.deps.emit('source:topics:seen', {
      brokers,
      topics: topics.map(({ name, partitions, underReplicated, leaderless }) => ({
        topic: name,
        partitions,
        underReplicated,
        leaderless,
      })),
    })
  }

  /** Looks soon: a broker does not know a topic of ours. */
  lookSoon(): void {
    this.news.raise()
  }

  private async watch(signal: AbortSignal): Promise<void> {
    let hasFailed = false
    while (!signal.aborted) {
      const isSettled = !hasFailed && this.missing.length === 0 && this.missedSince.size === 0
      const { topicsRefreshMs } = this.deps
      await this.news.wait(isSettled ? topicsRefreshMs : Math.min(topicsRefreshMs, TOPIC_LOOK_MS))
      await delay(LEAST_PAUSE_MS)
      if (signal.aborted) return
      try {
        await this.follow(await this.look())
        hasFailed = false
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error
        hasFailed = true
        this.deps.emit('source:fetch:failed', { broker: -1, error })
      }
    }
  }

  /** Reads these topics from now on. A broker may be late to know of one: what is gone must be so for a while. */
  private async follow(found: readonly string[]): Promise<void> {
    const { adapter, emit } = this.deps
    const now = performance.now()
    const missed = this.topics.filter(topic => !found.includes(topic))
    this.missedSince = new Map(missed.map(topic => [topic, this.missedSince.get(topic) ?? now]))
    const removed = missed.filter(topic => now - this.missedSince.get(topic)! >= TOPIC_LOOK_MS)
    const added = found.filter(topic => !this.topics.includes(topic))
    if (added.length + removed.length > 0) {
      const topics = [...this.topics.filter(topic => !removed.includes(topic)), ...added]
      await adapter.resubscribe(topics)
      this.topics = topics
      emit('source:topics:changed', { added, removed })
    } else if (found.some(topic => adapter.partitionsOf(topic) < this.partitions.get(topic)!)) {
      // kafkajs joins again by itself when its metadata tell of more.
      await adapter.refreshMetadata()
    }
  }

  private async join(signal: AbortSignal): Promise<void> {
    await this.signOffPredecessors()
    await this.deps.adapter.join(this.topics, {
      onAssigned: (assignment, memberId, durationMs) => {
        if (signal.aborted) return
        this.trouble = null
        const partitions = Object.values(assignment).reduce((sum, numbers) => sum + numbers.length, 0)
        this.deps.emit('source:group:joined', { memberId, partitions, durationMs })
        this.deps.onAssigned(assignment)
      },
      onHeartbeat: () => this.deps.onHeartbeat(),
      onCrash: (error, restart) => {
        if (signal.aborted) return
        this.deps.emit('source:group:crashed', { error, restart })
        this.trouble = `left the group: ${error.message}`
        if (!restart) this.deps.onFailed(error)
      },
    })
  }

  /** Where it cannot be done, their session times out. */
  private async signOffPredecessors(): Promise<void> {
    const { adapter, emit } = this.deps
    try {
      for (const memberId of await adapter.signOffPredecessors()) emit('source:member:removed', { memberId })
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      emit('source:fetch:failed', { broker: -1, error })
    }
  }

  private async publish(): Promise<void> {
    const positions = this.deps.positions()
    if (positions.length === 0) return
    try {
      await this.deps.adapter.publishPositions(positions)
      this.deps.onPublished(positions)
    } catch (error) {
      // Only other tools read them, and a rebalance refuses them by rule: the next round says it again.
      if (!(error instanceof PipelineError)) throw error
    }
  }

  /** Publishes a last time, leaves the group and closes the connections. `start` begins anew. */
  async stop(): Promise<void> {
    this.life.abort()
    clearInterval(this.timer)
    this.news.raise()
    if (this.trouble === null) await Promise.race([this.publish(), delay(LAST_PUBLISH_MS)])
    await this.deps.adapter.leave()
    await this.watching
  }
}

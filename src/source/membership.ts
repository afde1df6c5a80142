/**
 * Our place in the consumer group: connects, waits for the topics to exist, joins, and tells the source of every
 * assignment. kafkajs rejoins by itself; only a crash that it will not recover from is a failure for the supervisor,
 * which stops and starts us: then we join anew, and whatever partitions come back to us go on where they are.
 */
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { delay, retryWhile } from '../supervisor/backoff.ts'
import type { KafkaAdapter } from './kafka/adapter.ts'

export interface MembershipDeps {
  readonly adapter: KafkaAdapter
  readonly topics: readonly string[]
  readonly onAssigned: (assignment: Readonly<Record<string, readonly number[]>>) => void
  readonly onHeartbeat: () => void
  readonly onFailed: (error: Error) => void
  /** Positions to show to other tools: what moved since the last call. */
  readonly positions: () => readonly { topic: string; partition: number; offset: number }[]
  readonly emit: Emit
}

const PUBLISH_EVERY_MS = 5_000
const TOPIC_LOOK_MS = 1_000
/** The last positions are a courtesy: a broker that does not take them must not hold up the end. */
const LAST_PUBLISH_MS = 1_000

export class Membership {
  clusterId = ''
  /** Topics that did not exist when we looked first: they start at their log start when they appear. */
  readonly lateTopics = new Set<string>()
  /** Configured topics that do not exist now. */
  missing: readonly string[] = []
  /** Why we are no member yet, in words; null: we are. */
  trouble: string | null = 'connecting to Kafka'
  private readonly deps: MembershipDeps
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
    const { signal } = this.life
    await this.untilDone(signal, 'connecting to Kafka', () => adapter.connect())
    await this.untilDone(signal, 'looking for topics', () => this.waitForTopics(signal))
    await this.untilDone(signal, 'joining the group', () => this.join(signal))
    if (signal.aborted) return
    const publish = () => {
      this.publish().catch(error => this.deps.onFailed(error))
    }
    this.timer = setInterval(publish, PUBLISH_EVERY_MS)
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

  private async waitForTopics(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const { clusterId, topics } = await this.deps.adapter.describe()
      this.clusterId = clusterId
      this.missing = this.deps.topics.filter(topic => !topics.has(topic))
      if (this.missing.length === 0) return
      for (const topic of this.missing) this.lateTopics.add(topic)
      this.trouble = `waiting for topic ${this.missing.join(', ')} to be created`
      await delay(TOPIC_LOOK_MS)
    }
  }

  private async join(signal: AbortSignal): Promise<void> {
    await this.deps.adapter.join(this.deps.topics, {
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

  private async publish(): Promise<void> {
    const positions = this.deps.positions()
    if (positions.length === 0) return
    try {
      await this.deps.adapter.publishPositions(positions)
    } catch (error) {
      // Only other tools read them, and a rebalance refuses them by rule: the next round says it again.
      if (!(error instanceof PipelineError)) throw error
    }
  }

  /** Publishes a last time, leaves the group and closes the connections. `start` begins anew. */
  async stop(): Promise<void> {
    this.life.abort()
    clearInterval(this.timer)
    if (this.trouble === null) await Promise.race([this.publish(), delay(LAST_PUBLISH_MS)])
    await this.deps.adapter.leave()
  }
}

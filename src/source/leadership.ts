/**
 * Who leads a partition, and is its log still the one that we stored from? Finds the leader, checks the fingerprint
 * there before anything is fetched, and does both again whenever a broker's answer says that something changed.
 */
import { named, PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { Backoff, delay } from '../supervisor/backoff.ts'
import type { ErrandAnswer } from './errands.ts'
import { compareFingerprint, type Verdict } from './fingerprint.ts'
import type { KafkaAdapter } from './kafka/adapter.ts'
import { answerFailure } from './kafka/failure.ts'
import type { FetchPlan } from './kafka/fetch-request.ts'
import type { Partition } from './partition.ts'
import { TopicIds } from './topic-ids.ts'

export interface LeadershipDeps {
  readonly adapter: KafkaAdapter
  readonly partitions: () => Iterable<Partition>
  /** One Fetch by the fetcher of a broker, outside the arena. */
  readonly errand: (broker: number, plan: FetchPlan) => Promise<ErrandAnswer>
  /** The partition may be fetched from its leader now. */
  readonly onLed: (partition: Partition, broker: number) => void
  readonly onHalt: (partition: Partition, error: PipelineError) => void
  /** The broker deleted what we have not fetched: the log starts beyond the position. */
  readonly onBehind: (partition: Partition, logStart: number, error: PipelineError) => void
  /** The topic was deleted and made anew: it has this id now. */
  readonly onRecreated: (topic: string, kafkaTopicId: string) => void
  /** A broker does not know the topic (any more). */
  readonly onUnknownTopic: () => void
  readonly emit: Emit
}

/** The broker's high watermark may trail after an election: ask this often, then believe that the batch is gone. */
const FINGERPRINT_ATTEMPTS = 20
const FINGERPRINT_PAUSE_MS = 500
export const OFFSET_OUT_OF_RANGE = 1
const UNKNOWN_TOPIC_OR_PARTITION = 3
const LOG_END = -1

export class Leadership {
  private readonly deps: LeadershipDeps
  private readonly backoff = new Backoff()
  private readonly topicIds: TopicIds
  private isRefreshing = false
  private isStopped = false

  constructor(deps: LeadershipDeps) {
    this.deps = deps
    this.topicIds = new TopicIds(deps.adapter)
  }

  stop(): void {
    this.isStopped = true
  }

  /** Finds the leader, checks the fingerprint there, and hands the partition to the leader's fetcher. */
  async follow(partition: Partition): Promise<void> {
    partition.leader = this.deps.adapter.leaderOf(partition.topic, partition.partition)
    if (partition.leader === null) {
      this.refresh()
      return
    }
    if (partition.isTopicInDoubt && !(await this.isSameTopic(partition))) return
    // Meanwhile it may have gone; then somebody looks for the next one already.
    const { leader } = partition
    if (leader === null) return
    if (partition.unchecked !== null) await this.check(partition, leader)
    if (partition.leader !== null) this.deps.onLed(partition, partition.leader)
  }

  /**
   * A broker answered with an error for this partition: is the position out of the log, or is another broker to be asked?
   * @param errorCode null: it did not answer
   */
  async answeredWith(partition: Partition, errorCode: number | null): Promise<void> {
    if (partition.claim === null) return
    if (errorCode !== null && errorCode !== OFFSET_OUT_OF_RANGE)
      this.refused(partition, partition.leader, answerFailure(errorCode, { request: 'Fetch' }))
    partition.leader = null
    partition.unchecked = partition.claim.fingerprint
    partition.isTopicInDoubt = true
    if (errorCode === UNKNOWN_TOPIC_OR_PARTITION) this.deps.onUnknownTopic()
    if (errorCode === OFFSET_OUT_OF_RANGE && (await this.isSameTopic(partition)))
      await this.compareWithLog(partition)
    this.refresh()
  }

  /** False where it is another one by its id (then the claim has ended) or nobody can say now (then it has no leader). */
  private async isSameTopic(partition: Partition): Promise<boolean> {
    const { claim, kafkaTopicId, topic } = partition
    const found = kafkaTopicId === null ? null : await this.topicIds.of(topic)
    if (partition.claim !== claim) return false
    if (found === 'unknown') {
      partition.leader = null
      this.refresh()
      return false
    }
    if (found !== null && found !== kafkaTopicId) {
      this.deps.onRecreated(topic, found)
      return false
    }
    partition.isTopicInDoubt = false
    partition.seenAt = performance.now()
    return true
  }

  private async check(partition: Partition, leader: number): Promise<void> {
    const { claim, unchecked } = partition
    if (claim === null || unchecked === null) return
    let verdict: Verdict = 'unsure'
    for (let attempt = 0; verdict === 'unsure' && attempt < FINGERPRINT_ATTEMPTS; attempt++) {
      if (attempt > 0) await delay(FINGERPRINT_PAUSE_MS)
      verdict = await this.ask(partition, leader, unchecked)
      if (partition.claim !== claim || partition.unchecked !== unchecked || this.isStopped) return
    }
    const isNotComparable = verdict === 'differs' && (await this.isCompacted(partition.topic))
    if (verdict === 'same' || verdict === 'gone' || isNotComparable) partition.unchecked = null
    else if (verdict === 'elsewhere') {
      partition.leader = null
      this.refresh()
    } else {
      if (!(await this.isSameTopic(partition)) || partition.claim !== claim) return
      const facts = { ...partition.name, nextOffset: claim.committed, ...unchecked }
      this.deps.onHalt(partition, new PipelineError('FINGERPRINT_MISMATCH', facts))
    }
  }

  private async ask(
    partition: Partition,
    leader: number,
    stored: NonNullable<Partition['unchecked']>,
  ): Promise<Verdict> {
    try {
      const answer = await this.deps.errand(leader, batchAt(partition, stored.baseOffset))
      const verdict = compareFingerprint(stored, answer)
      const errorCode = answer.response.partitions[0]?.errorCode ?? 0
      if (verdict === 'elsewhere') throw answerFailure(errorCode, { request: 'Fetch' })
      if (verdict !== 'outOfRange') return verdict
      const { topic, partition: number } = partition
      const logStart = (await this.deps.adapter.logStarts(topic, [number])).get(number) ?? 0
      return stored.baseOffset < logStart ? 'gone' : 'unsure'
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      this.refused(partition, leader, error)
      return 'elsewhere'
    }
  }

  private refused({ name }: Partition, leader: number | null, error: PipelineError): void {
    this.deps.emit('source:partition:refused', { ...name, broker: leader ?? -1, error })
  }

  private async isCompacted(topic: string): Promise<boolean> {
    try {
      return await this.deps.adapter.isCompacted(topic)
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      return false
    }
  }

  /** Says so where the position is not in the broker's log (any more); a trailing high watermark is no reason. */
  private async compareWithLog(partition: Partition): Promise<void> {
    const { claim, position, topic, partition: number } = partition
    try {
      const logStart = (await this.deps.adapter.logStarts(topic, [number])).get(number) ?? 0
      const logEnd = (await this.deps.adapter.offsetsAt(topic, [number], LOG_END)).get(number) ?? 0
      if (partition.claim !== claim || partition.position !== position) return
      if (position >= logStart && position <= logEnd) return
      const facts = { ...partition.name, offset: position, logStart, logEnd }
      const error = new PipelineError('OFFSET_OUT_OF_RANGE', facts)
      if (position < logStart) this.deps.onBehind(partition, logStart, error)
      else this.deps.onHalt(partition, error)
    } catch (error) {
      if (!(error instanceof PipelineError)) throw error
      this.deps.emit('source:fetch:failed', { broker: -1, error })
    }
  }

  /** Asks for new metadata until every partition has a leader again. */
  private refresh(): void {
    if (this.isRefreshing) return
    this.isRefreshing = true
    const done = () => {
      this.isRefreshing = false
      this.backoff.reset()
    }
    this.refreshUntilLed().then(done, error => {
      done()
      // They would wait for a leader for ever.
      for (const partition of this.leaderless()) this.deps.onHalt(partition, named(error))
    })
  }

  private leaderless(): Partition[] {
    return [...this.deps.partitions()].filter(({ leader, modes }) => leader === null && modes.is('consuming'))
  }

  private async refreshUntilLed(): Promise<void> {
    while (!this.isStopped && this.leaderless().length > 0) {
      await delay(this.backoff.next())
      try {
        await this.deps.adapter.refreshMetadata()
        this.deps.emit('source:metadata:read', {})
      } catch (error) {
        if (!(error instanceof PipelineError)) throw error
        this.deps.emit('source:fetch:failed', { broker: -1, error })
        continue
      }
      const led = this.leaderless().filter(
        ({ topic, partition }) => this.deps.adapter.leaderOf(topic, partition) !== null,
      )
      await Promise.all(led.map(partition => this.follow(partition)))
    }
  }
}

/** A Fetch that brings the one batch that holds `offset`: the first batch of a request comes whole whatever its size. */
export const batchAt = (
  { topic, partition }: { topic: string; partition: number },
  offset: number,
): FetchPlan => ({
  maxWaitMs: 0,
  maxBytes: 1,
  partitions: [{ topic, partition, offset, maxBytes: 1 }],
})

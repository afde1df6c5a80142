/**
 * Positions between the stages: claims partitions in Postgres with the starts that Kafka gives, and compares what we
 * believe of quiet partitions with what is stored. Neighbours: store/claims.ts (SQL), source (partitions), claims.ts.
 */
import type { Claim } from '../arena/descriptors.ts'
import type { StartPosition } from '../config/index.ts'
import { PipelineError } from '../errors.ts'
import { judge, type StoredPosition } from '../sink/settle.ts'
import type { KafkaAdapter } from '../source/kafka/adapter.ts'
import type { Membership } from '../source/membership.ts'
import type { ClaimedPosition } from '../source/partition.ts'
import { claimPartitions, readPositions } from '../store/claims.ts'
import type { StorePool } from '../store/connection.ts'

export interface PositionsDeps {
  readonly store: StorePool
  readonly adapter: KafkaAdapter
  readonly membership: Membership
  readonly groupId: string
  readonly start: StartPosition
  /** Every claim that is held now. */
  readonly claims: () => readonly Claim[]
  /** Nothing of it is between Kafka and COMMIT. */
  readonly isQuiet: (claim: Claim) => boolean
  readonly onFenced: (claim: Claim) => void
  readonly onRewound: (claim: Claim, stored: StoredPosition) => void
  readonly onHalt: (claim: Claim, error: PipelineError) => void
}

/** As Kafka's group offsets have it. */
interface PublishedPosition {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

const LOG_END = -1

export class Positions {
  private readonly deps: PositionsDeps
  private readonly published = new Map<string, number>()

  constructor(deps: PositionsDeps) {
    this.deps = deps
  }

  /**
   * Claims partitions of a topic. `kafka.start` counts once, for all partitions of a topic that nobody has seen before;
   * a topic or partition that appears later, or was made anew, starts at its log start.
   */
  async claim(topic: string, tokens: ReadonlyMap<number, string>): Promise<Map<number, ClaimedPosition>> {
    try {
      return await this.tryClaim(topic, tokens)
    } catch (error) {
      // Leaders may have moved; what fails here is said by the next attempt.
      if (error instanceof PipelineError && error.code.startsWith('KAFKA'))
        await this.deps.adapter.refreshMetadata().catch(() => undefined)
      throw error
    }
  }

  private async tryClaim(
    topic: string,
    tokens: ReadonlyMap<number, string>,
  ): Promise<Map<number, ClaimedPosition>> {
    const { adapter, groupId, membership, start, store } = this.deps
    const { clusterId, topics } = await adapter.topics([topic])
    const [facts] = topics
    if (facts === undefined) throw new PipelineError('TOPIC_MISSING', { topic })
    // What the metadata tell of leaders may be about a topic of before.
    if (adapter.partitionsOf(topic) !== facts.partitions) await adapter.refreshMetadata()
    const all = Array.from({ length: facts.partitions }, (_, partition) => partition)
    const logStarts = (partitions: readonly number[]) => adapter.logStarts(topic, partitions)
    const startOfAll = () => {
      if (start === 'earliest' || membership.lateTopics.has(topic)) return logStarts(all)
      return adapter.offsetsAt(topic, all, start === 'latest' ? LOG_END : start)
    }
    const claimed = await claimPartitions(store, {
      clusterId,
      groupId,
      topic,
      kafkaTopicId: facts.id,
      tokens,
      startOfAll,
      startOfAnew: () => logStarts(all),
      startOfLater: logStarts,
    })
    return new Map(
      [...claimed].map(([partition, position]) => [partition, { ...position, kafkaTopicId: facts.id }]),
    )
  }

  /** What stands in `offsets` for these claims' partitions. */
  async read(claims: readonly Claim[]): Promise<Map<Claim, StoredPosition>> {
    const stored = new Map<Claim, StoredPosition>()
    for (const topicId of new Set(claims.map(claim => claim.topicId))) {
      const own = claims.filter(claim => claim.topicId === topicId)
      const numbers = own.map(({ partition }) => partition)
      const rows = await readPositions(this.deps.store, topicId, numbers)
      for (const claim of own) {
        const row = rows.get(claim.partition)
        if (row !== undefined) stored.set(claim, row)
      }
    }
    return stored
  }

  /** A failover or a crash may have taken back what was committed, also while nothing is written. */
  async compareQuiet(): Promise<void> {
    const quiet = this.deps.claims().filter(claim => this.deps.isQuiet(claim))
    if (quiet.length === 0) return
    const believed = new Map(quiet.map(claim => [claim, claim.committed]))
    const stored = await this.read(quiet)
    for (const [claim, committed] of believed) {
      if (this.deps.isQuiet(claim) && claim.committed === committed) this.compare(claim, stored.get(claim))
    }
  }

  private compare(claim: Claim, stored: StoredPosition | undefined): void {
    const { topic, partition, committed } = claim
    const outcome = judge(claim.token, committed, committed, stored)
    if (outcome === 'fenced') this.deps.onFenced(claim)
    if (outcome === 'wentBack') this.deps.onRewound(claim, stored!)
    if (outcome === 'ahead') {
      const facts = { topic, partition, believed: committed, stored: stored!.nextOffset }
      this.deps.onHalt(claim, new PipelineError('POSITION_UNEXPECTED', facts))
    }
  }

  /** What moved since it was published last, for Kafka's own group offsets. */
  get moved(): PublishedPosition[] {
    return this.deps.claims().flatMap(({ topic, partition, committed }) => {
      if (this.published.get(`${topic}/${partition}`) === committed) return []
      return [{ topic, partition, offset: committed }]
    })
  }

  /** These stand in Kafka now. */
  markPublished(positions: readonly PublishedPosition[]): void {
    for (const { topic, partition, offset } of positions) this.published.set(`${topic}/${partition}`, offset)
  }
}

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
import { claimPartitions, type Position, readPositions } from '../store/claims.ts'
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

const LOG_END = -1

export class Positions {
  private readonly deps: PositionsDeps
  private readonly published = new Map<string, number>()

  constructor(deps: PositionsDeps) {
    this.deps = deps
  }

  /**
   * Claims partitions of a topic. `kafka.start` counts once, for all partitions of a topic that nobody has seen before;
   * a topic or partition that appears later starts at its log start.
   */
  claim(topic: string, tokens: ReadonlyMap<number, string>): Promise<Map<number, Position>> {
    const { adapter, groupId, membership, start, store } = this.deps
    const { clusterId, lateTopics } = membership
    const all = adapter.partitionsOf(topic)
    const logStarts = (partitions: readonly number[]) => adapter.logStarts(topic, partitions)
    const startOfAll = () => {
      if (start === 'earliest' || lateTopics.has(topic)) return logStarts(all)
      return adapter.offsetsAt(topic, all, start === 'latest' ? LOG_END : start)
    }
    return claimPartitions(store, { clusterId, groupId, topic, tokens, startOfAll, startOfLater: logStarts })
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

  /** What moved since the last call, for Kafka's own group offsets. */
  takeMoved(): { topic: string; partition: number; offset: number }[] {
    return this.deps.claims().flatMap(({ topic, partition, committed }) => {
      const key = `${topic}/${partition}`
      if (this.published.get(key) === committed) return []
      this.published.set(key, committed)
      return [{ topic, partition, offset: committed }]
    })
  }
}

/**
 * Passes what the broker deleted before it was stored, where kafka.on_gap allows it: writes the gap and goes on behind
 * it, or does what the stored position says. Neighbours: store/gaps.ts (SQL), claims.ts, source/partition.ts.
 */
import type { Claim } from '../arena/descriptors.ts'
import { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { judge, type StoredPosition } from '../sink/settle.ts'
import type { StorePool } from '../store/connection.ts'
import { recordGap } from '../store/gaps.ts'
import { retryWhile } from '../supervisor/backoff.ts'

export interface GapsDeps {
  readonly store: StorePool
  readonly isHeld: (claim: Claim) => boolean
  readonly read: (claims: readonly Claim[]) => Promise<Map<Claim, StoredPosition>>
  /** The gap is written: the partition goes on from `stored`. */
  readonly onPassed: (claim: Claim, stored: StoredPosition) => void
  readonly onFenced: (claim: Claim) => void
  readonly onRewound: (claim: Claim, stored: StoredPosition) => void
  readonly onHalt: (claim: Claim, error: PipelineError) => void
  readonly emit: Emit
}

const REASON = 'deleted by the broker before it was stored'

export class Gaps {
  private readonly deps: GapsDeps
  private readonly underWay = new WeakSet<Claim>()

  constructor(deps: GapsDeps) {
    this.deps = deps
  }

  /**
   * Everything fetched of the partition is committed, and the log starts at `next`. Tries until it is written or the
   * claim has ended; never rejects for what Postgres says. Called again for the same claim it does nothing.
   */
  async pass(claim: Claim, next: number): Promise<void> {
    if (this.underWay.has(claim)) return
    this.underWay.add(claim)
    const { topic, partition, committed } = claim
    const done = await retryWhile(() => this.attempt(claim, committed, next), {
      isWanted: () => this.deps.isHeld(claim),
      onError: error => this.failed(topic, error),
    })
    if (done === null) return
    this.deps.emit('store:task:completed', { task: taskOf(topic) })
    if (!done) return
    const gap = { topic, partition, firstOffset: committed, nextOffset: next, reason: REASON }
    this.deps.emit('source:gap:recorded', gap)
    this.deps.onPassed(claim, {
      topicId: claim.topicId,
      token: claim.token,
      nextOffset: next,
      fingerprint: null,
    })
  }

  /** True: the gap is written. False: the partition went another way. Throws where it is to be tried again. */
  private async attempt(claim: Claim, first: number, next: number): Promise<boolean> {
    if (await recordGap(this.deps.store, claim, first, next, REASON)) return true
    const stored = (await this.deps.read([claim])).get(claim)
    const outcome = judge(claim.token, first, next, stored)
    if (outcome === 'landed') return true
    const { topic, partition } = claim
    if (outcome === 'notLanded') throw new PipelineError('POSTGRES_TRANSIENT', { task: `gap of ${topic}` })
    if (outcome === 'fenced') this.deps.onFenced(claim)
    if (outcome === 'wentBack') this.deps.onRewound(claim, stored!)
    if (outcome === 'ahead') {
      const facts = { topic, partition, believed: first, stored: stored!.nextOffset }
      this.deps.onHalt(claim, new PipelineError('POSITION_UNEXPECTED', facts))
    }
    return false
  }

  private failed(topic: string, error: unknown): void {
    if (!(error instanceof PipelineError)) throw error
    this.deps.emit('store:task:failed', { task: taskOf(topic), error })
  }
}

const taskOf = (topic: string): string => `gap of ${topic}`

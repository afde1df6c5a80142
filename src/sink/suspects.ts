/**
 * Claims of whose batches no transaction could be made: a refused record cannot be fetched again from Kafka, a segment is
 * being removed. From then on each goes alone, later and later, so that the writer's other claims do not wait for it.
 */
import type { Claim } from '../arena/descriptors.ts'
import { Backoff } from '../supervisor/backoff.ts'

interface Trial {
  readonly backoff: Backoff
  /** ms, by the clock of its caller. */
  notBefore: number
}

export class Suspects {
  private readonly trials = new WeakMap<Claim, Trial>()

  /** Of several it may have been any: each is tried alone at once. One that was alone waits longer each time. */
  add(claims: readonly Claim[], nowMs: number): void {
    for (const claim of claims) {
      const { backoff } = this.trials.get(claim) ?? { backoff: new Backoff() }
      this.trials.set(claim, { backoff, notBefore: claims.length > 1 ? nowMs : nowMs + backoff.next() })
    }
  }

  /** Something of it was committed. */
  clear(claim: Claim): void {
    this.trials.delete(claim)
  }

  /** Who may be in the next transaction, of those that have something for it: a suspect whose time has come, or all others. */
  choose(held: readonly Claim[], nowMs: number): ReadonlySet<Claim> {
    const due = held.find(claim => (this.trials.get(claim)?.notBefore ?? Number.POSITIVE_INFINITY) <= nowMs)
    return new Set(due === undefined ? held.filter(claim => !this.trials.has(claim)) : [due])
  }

  /** How long to wait until any of them may be sent, ms. */
  waitMs(held: readonly Claim[], nowMs: number): number {
    const waits = held.map(claim => (this.trials.get(claim)?.notBefore ?? nowMs) - nowMs)
    return Math.max(0, Math.min(...waits))
  }
}

/**
 * Who of the writers may be in a transaction now: all of them, or fewer while the database is slow (kindness.ts). A
 * partition keeps its writer; who has to wait collects batches meanwhile. First come, first served.
 */
import type { Emit } from '../events.ts'
import { afterSecond, type Kindness, medianOf } from './kindness.ts'

export interface TurnsDeps {
  readonly writers: number
  /** Of a commit, ms; 0: all may always. */
  readonly boundMs: number
  /** Nothing waits to be written. */
  readonly isIdle: () => boolean
  readonly emit: Emit
}

interface Waiting {
  readonly writer: number
  readonly wake: () => void
}

const SECOND_MS = 1_000

export class Turns {
  private readonly deps: TurnsDeps
  private readonly inside = new Set<number>()
  private waiting: Waiting[] = []
  private kindness: Kindness
  private latencies: number[] = []
  private timer: NodeJS.Timeout | null = null

  constructor(deps: TurnsDeps) {
    this.deps = deps
    this.kindness = { allowed: deps.writers, goodSeconds: 0 }
  }

  /** Writers that may be in a transaction at the same time. */
  get allowed(): number {
    return this.kindness.allowed
  }

  start(): void {
    if (this.deps.boundMs > 0) this.timer = setInterval(() => this.second(), SECOND_MS)
  }

  async stop(): Promise<void> {
    if (this.timer !== null) clearInterval(this.timer)
    this.timer = null
  }

  /** True: it is this writer's turn until it leaves. False: `wake` is called when it is. */
  enter(writer: number, wake: () => void): boolean {
    if (this.inside.has(writer)) return true
    if (this.inside.size < this.allowed) {
      this.inside.add(writer)
      return true
    }
    if (!this.waiting.some(one => one.writer === writer)) this.waiting.push({ writer, wake })
    return false
  }

  /** It is done, or wants no turn any more; the next ones get theirs. */
  leave(writer: number): void {
    this.inside.delete(writer)
    if (this.waiting.length === 0) return
    this.waiting = this.waiting.filter(one => one.writer !== writer)
    this.admit()
  }

  /** A transaction took so long from its tail to COMMIT. */
  committed(latencyMs: number): void {
    if (this.deps.boundMs > 0) this.latencies.push(latencyMs)
  }

  private admit(): void {
    while (this.inside.size < this.allowed) {
      const next = this.waiting.shift()
      if (next === undefined) return
      // It has its turn from now on: who leaves cannot be back before it.
      this.inside.add(next.writer)
      next.wake()
    }
  }

  /** What the timer does: judges the commits since the last call. */
  second(): void {
    const { boundMs, emit, isIdle, writers } = this.deps
    const latencyMs = medianOf(this.latencies)
    this.latencies = []
    const before = this.allowed
    this.kindness = afterSecond(this.kindness, latencyMs, isIdle(), { boundMs, most: writers })
    if (this.allowed === before) return
    emit('sink:writers:allowed', { allowed: this.allowed, of: writers, latencyMs: latencyMs ?? 0 })
    this.admit()
  }
}

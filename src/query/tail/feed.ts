/**
 * The live tail of one process: wakes when something was committed, reads it once for all followers, and costs nothing
 * while there is none. The ledger says what there is, so lost news only costs time. Neighbours: group.ts (one read).
 */
import { named, PipelineError } from '../../errors.ts'
import type { Emit } from '../../events.ts'
import { Backoff } from '../../supervisor/backoff.ts'
import { Signal } from '../../supervisor/signal.ts'
import type { Db } from '../read-pool.ts'
import { type Follower, Group } from './group.ts'
import { checkFilter, currentPositions } from './news.ts'
import { readVector, type Vector } from './vector.ts'

export interface FeedDeps {
  /** Runs the work with a connection. @throws PipelineError */
  readonly use: <T>(work: (db: Db) => Promise<T>) => Promise<T>
  readonly mostFollowers: number
  /** News come by themselves; else the ledger is looked at each second. */
  readonly isTold: () => boolean
  readonly emit: Emit
}

/** Between two reads, so that small transactions are read together. */
const LEAST_PAUSE_MS = 50
const LOOK_EVERY_MS = 1_000
/** News may be lost. */
const LOOK_THOUGH_TOLD_MS = 5_000

export interface Following {
  leave(): void
  /** The follower was full and is not any more. */
  ready(): void
}

export class Feed {
  private readonly deps: FeedDeps
  private readonly groups = new Set<Group>()
  private readonly arrivals: { readonly follower: Follower; readonly vector: Vector | null }[] = []
  private readonly signal = new Signal()
  private readonly backoff = new Backoff()
  private followers = 0
  private stopping = false
  private isFailing = false
  private loop: Promise<void> | null = null

  constructor(deps: FeedDeps) {
    this.deps = deps
  }

  async stop(): Promise<void> {
    this.stopping = true
    this.signal.raise()
    await this.loop
  }

  /** Followers, and the reads that serve them: those who have come equally far share one. */
  get load(): { readonly followers: number; readonly groups: number } {
    return { followers: this.followers, groups: this.groups.size }
  }

  /** Something was committed. */
  news(): void {
    if (this.followers > 0) this.signal.raise()
  }

  /**
   * Hands on what is committed from now on, or from where an earlier call had come, until it leaves. @throws PipelineError TAIL_FULL, HTTP_REQUEST_INVALID
   * (a position or a filter that is none), and what the database says
   */
  async follow(follower: Follower, after: string | null): Promise<Following> {
    const { mostFollowers, use } = this.deps
    const vector = after === null ? null : readVector(after)
    if (this.followers >= mostFollowers) throw new PipelineError('TAIL_FULL', { most: mostFollowers })
    this.followers += 1
    try {
      await use(db => checkFilter(db, follower.filter))
    } catch (error) {
      this.followers -= 1
      throw error
    }
    this.arrivals.push({ follower, vector })
    this.loop ??= this.run()
    this.signal.raise()
    return { leave: () => this.leave(follower), ready: () => this.signal.raise() }
  }

  private leave(follower: Follower): void {
    const waiting = this.arrivals.findIndex(each => each.follower === follower)
    const group = [...this.groups].find(({ followers }) => followers.has(follower))
    if (waiting === -1 && group === undefined) return
    if (waiting !== -1) this.arrivals.splice(waiting, 1)
    group?.followers.delete(follower)
    this.followers -= 1
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const isMore = await this.turn()
      if (this.stopping) return
      await new Promise(resolve => setTimeout(resolve, LEAST_PAUSE_MS))
      if (!isMore) await this.signal.wait(this.waitMs)
    }
  }

  private get waitMs(): number | undefined {
    if (this.followers === 0) return undefined
    return this.deps.isTold() ? LOOK_THOUGH_TOLD_MS : LOOK_EVERY_MS
  }

  /** One read for each group; true when there is more to read. */
  private async turn(): Promise<boolean> {
    for (const group of this.groups) if (group.followers.size === 0) this.groups.delete(group)
    if (this.followers === 0) return false
    try {
      const isMore = await this.deps.use(db => this.advance(db))
      this.backoff.reset()
      if (this.isFailing) this.deps.emit('query:tail:recovered', {})
      this.isFailing = false
      return isMore
    } catch (error) {
      if (this.stopping) return false
      this.isFailing = true
      this.deps.emit('query:tail:failed', { error: named(error) })
      await this.signal.wait(this.backoff.next())
      return true
    }
  }

  private async advance(db: Db): Promise<boolean> {
    await this.admit(db)
    let isMore = false
    const timeouts: PipelineError[] = []
    for (const group of [...this.groups]) {
      const slow = group.splitSlow()
      if (slow !== null) this.groups.add(slow)
      try {
        if (await group.advance(db)) isMore = true
      } catch (error) {
        // Its filters take too long; the others need not wait for it.
        if (!(error instanceof PipelineError && error.code === 'QUERY_TIMEOUT')) throw error
        timeouts.push(error)
      }
    }
    this.merge()
    if (timeouts[0] !== undefined) throw timeouts[0]
    return isMore
  }

  /** Each where it wants to begin; whoever names no place begins now. */
  private async admit(db: Db): Promise<void> {
    if (this.arrivals.length === 0) return
    const now = await currentPositions(db)
    for (const { follower, vector } of this.arrivals.splice(0)) {
      const group = new Group(vector ?? now)
      group.followers.add(follower)
      this.groups.add(group)
      follower.moved(() => group.position)
    }
  }

  /** Those that have come equally far go on together. */
  private merge(): void {
    const byPosition = new Map<string, Group>()
    for (const group of this.groups) {
      const other = byPosition.get(group.position)
      if (other === undefined) byPosition.set(group.position, group)
      else {
        for (const follower of group.followers) other.followers.add(follower)
        this.groups.delete(group)
      }
    }
  }
}

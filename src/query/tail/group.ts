/**
 * Followers of the live tail that have come equally far, so that one read serves them all. A follower that does not
 * read falls behind into a group of its own, and joins again when it has caught up. Neighbour: feed.ts.
 */
import { PipelineError } from '../../errors.ts'
import type { LogFilter, LogRecord } from '../contract.ts'
import type { Db } from '../read-pool.ts'
import { frontOf, matchesIn, type NewRange, newsSince } from './news.ts'
import { vectorKey, writeVector } from './vector.ts'

/** Who gets records; calls return at once. */
export interface Follower {
  readonly filter: LogFilter
  /** It has not taken what it was given: it is given no more for now. */
  readonly isFull: boolean
  /** Records that fit, in the order of time. @param position to go on from later */
  records(records: readonly LogRecord[], position: string): void
  /** Nothing fitted; `position` says how far it has come. */
  moved(position: () => string): void
  /** So many records were stored that it will not be shown. */
  missed(records: number, position: string): void
}

/** Records of one read. */
const MOST_MATCHES = 500
/** Offsets to look through in one read; fewer where many fit. */
const MOST_OFFSETS = 65_536
/** Further behind, a group goes on from now. */
export const MOST_BEHIND = 500_000

export class Group {
  readonly followers = new Set<Follower>()
  readonly vector: Map<string, number>
  private offsets = MOST_OFFSETS

  constructor(vector: ReadonlyMap<string, number>) {
    this.vector = new Map(vector)
  }

  get position(): string {
    return writeVector(this.vector)
  }

  /** Those who do not read, as a group of their own; null: there are none, or nobody else. */
  splitSlow(): Group | null {
    const slow = [...this.followers].filter(({ isFull }) => isFull)
    if (slow.length === 0 || slow.length === this.followers.size) return null
    const group = new Group(this.vector)
    for (const follower of slow) {
      this.followers.delete(follower)
      group.followers.add(follower)
    }
    return group
  }

  /** Reads on and hands out; true when there is more. @throws what the reads do */
  async advance(db: Db): Promise<boolean> {
    const news = await newsSince(db, this.vector)
    if (news.length === 0) return false
    const records = news.reduce((sum, each) => sum + each.records, 0)
    if (records > MOST_BEHIND) {
      this.skip(news, records)
      return false
    }
    if ([...this.followers].every(({ isFull }) => isFull)) return false
    const portion = frontOf(news, this.offsets)
    if (!(await this.handOut(db, portion))) return true
    this.moveTo(portion)
    const isWhole = portion.length === news.length
    return !isWhole || portion.some((range, index) => range.next < news[index]!.next)
  }

  /** False when more fitted than one read returns: then the next looks at fewer offsets. */
  private async handOut(db: Db, portion: readonly NewRange[]): Promise<boolean> {
    const followers = [...this.followers]
    const filters = [...new Map(followers.map(({ filter }) => [JSON.stringify(filter), filter]))]
    const matches = await this.read(
      db,
      portion,
      filters.map(([, filter]) => filter),
    )
    if (matches === null) return false
    const position = writeVector(new Map([...this.vector, ...endsOf(portion)]))
    for (const follower of followers) {
      const text = JSON.stringify(follower.filter)
      const index = filters.findIndex(([each]) => each === text)
      const records = matches.filter(({ wanted }) => wanted[index]).map(({ record }) => record)
      if (records.length > 0) follower.records(records, position)
      else follower.moved(() => position)
    }
    return true
  }

  private async read(db: Db, portion: readonly NewRange[], filters: readonly LogFilter[]) {
    try {
      const { matches, isWhole } = await matchesIn(db, portion, filters, MOST_MATCHES)
      this.offsets = Math.min(MOST_OFFSETS, isWhole ? this.offsets * 2 : this.fewerThan(portion))
      return isWhole ? matches : null
    } catch (error) {
      // Too much to look through in the time that a query has.
      if (error instanceof PipelineError && error.code === 'QUERY_TIMEOUT')
        this.offsets = this.fewerThan(portion)
      throw error
    }
  }

  /** An eighth; a read of one offset is always whole. */
  private fewerThan(portion: readonly NewRange[]): number {
    const looked = portion.reduce((sum, { first, next }) => sum + next - first, 0)
    return Math.max(1, Math.floor(Math.min(looked, this.offsets) / 8))
  }

  private skip(news: readonly NewRange[], records: number): void {
    this.moveTo(news)
    for (const follower of this.followers) follower.missed(records, this.position)
  }

  private moveTo(ranges: readonly NewRange[]): void {
    for (const [key, next] of endsOf(ranges)) this.vector.set(key, next)
  }
}

const endsOf = (ranges: readonly NewRange[]): [string, number][] =>
  ranges.map(({ topicId, partition, next }) => [vectorKey(topicId, partition), next])

/**
 * Segments, the time partitions of `logs`: made ahead of time by the storekeeper and on demand by a writer, always
 * through logcollector.ensure_segment. Knows which ones are there, so that a transaction asks nothing.
 */
import type { Emit } from '../events.ts'
import type { StorePool } from './connection.ts'

export type SegmentWidth = 'day' | 'hour'
const HOUR_MS = 3_600_000
const hoursOf: Readonly<Record<SegmentWidth, number>> = { day: 24, hour: 1 }

export class Segments {
  private readonly present = new Set<number>()
  private readonly pool: StorePool
  private readonly width: SegmentWidth
  private readonly emit: Emit

  constructor(pool: StorePool, width: SegmentWidth, emit: Emit) {
    this.pool = pool
    this.width = width
    this.emit = emit
  }

  /** Sees to it that each segment exists; `starts` are ms since 1970, cut to the width. */
  async ensure(starts: readonly number[]): Promise<void> {
    for (const start of starts) {
      if (this.present.has(start)) continue
      const [row] = await this.pool.query<{ segment: string | null }>(
        'ensure segment',
        'select ensure_segment($1::timestamptz, $2::integer) as segment',
        [new Date(start), hoursOf[this.width]],
      )
      if (row?.segment) this.emit('store:segment:created', { segment: row.segment })
      this.present.add(start)
    }
  }

  /** Postgres found no segment for a row of these: believe nothing of them and look again. */
  forget(starts: readonly number[]): void {
    for (const start of starts) this.present.delete(start)
  }

  /** The present segment and `ahead` more. */
  async ensureAhead(nowMs: number, ahead: number): Promise<void> {
    const width = hoursOf[this.width] * HOUR_MS
    const first = Math.floor(nowMs / width) * width
    await this.ensure(Array.from({ length: ahead + 1 }, (_, i) => first + i * width))
  }
}

/** What a move means to other processes: where the rows lie, and of which time. Neighbours: parts.ts, redis/tail-bus.ts. */
import type { Announcement } from '../redis/tail-bus.ts'
import type { Move } from '../sink/transaction.ts'

/** Times are those of the whole batches, of which the transaction may have taken a part. */
export function announcementOf({ claim, expected, next, slices }: Move): Announcement {
  const results = slices
    .filter(({ rowFrom, rowTo }) => rowTo > rowFrom)
    .map(({ pending }) => pending.batch.result)
  const hasRows = results.length > 0
  return {
    topic: claim.topic,
    partition: claim.partition,
    first_offset: expected,
    next_offset: next,
    min_us: hasRows ? Math.min(...results.map(({ minTs }) => minTs)) : null,
    max_us: hasRows ? Math.max(...results.map(({ maxTs }) => maxTs)) : null,
  }
}

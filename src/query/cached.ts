/**
 * The question of a read, and what stands between it and Postgres: nothing (uncached), or the cache of src/redis.
 * Whoever answers goes through `cached`, so that many who ask the same cost the database one query.
 */

/** What makes two reads the same: equal questions have equal answers until data of their time arrives. */
export interface Question {
  /** Of the resource, such as histogram. */
  readonly name: string
  /** Plain JSON: everything that the answer depends on, but for the time. */
  readonly params: object
  /** The time of the rows that the answer depends on: from inclusive, to exclusive. */
  readonly from: Date
  readonly to: Date
  /** The range moves with the clock ("the last hour"): equal widths are then equal questions. */
  readonly isRolling?: boolean
}

/**
 * The answer to a question: from `fill`, or from an earlier fill; it is plain JSON. The signal that `fill` is given
 * is aborted when nobody waits for it any more; `caller` is aborted when this caller does not.
 */
export type Cached = <T>(
  question: Question,
  fill: (signal: AbortSignal) => Promise<T>,
  caller: AbortSignal,
) => Promise<T>

/** Where there is no cache: everything answers, only slower. */
export const uncached: Cached = (_question, fill, caller) => fill(caller)

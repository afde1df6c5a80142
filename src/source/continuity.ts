/**
 * Does a Kafka batch begin where the one before it ended, and end where its records do? The base offset lies outside of its
 * checksum, and the checksum is looked at when the next Fetch is sent already: one bit that flips on the way from the broker
 * would shift records and the position. So what is unexpected must be seen twice. Gaps are real where a log is compacted, an
 * earlier beginning where a position lies inside of a batch. Neighbours: fetcher.ts, kafka/fetch-response.ts.
 */
import type { BatchOrder } from './kafka/fetch-response.ts'

/** The last offset of a kind that was not where it was expected. */
interface Doubt {
  expected: number
  offset: number
}

export class Continuity implements BatchOrder {
  /** A log that was seen to have gaps may have more of them. */
  private hasGaps = false
  // Apart, so that a batch that is unexpected in both ways is seen twice in both.
  private readonly beginning: Doubt = { expected: -1, offset: -1 }
  private readonly end: Doubt = { expected: -1, offset: -1 }

  mayBegin(expected: number, offset: number): boolean {
    return expected === offset || this.isSeenAgain(this.beginning, expected, offset)
  }

  mayEnd(expected: number, offset: number): boolean {
    return expected === offset || this.isSeenAgain(this.end, expected, offset)
  }

  private isSeenAgain(doubt: Doubt, expected: number, offset: number): boolean {
    if (this.hasGaps && offset > expected) return true
    const isSame = doubt.expected === expected && doubt.offset === offset
    if (isSame && offset > expected) this.hasGaps = true
    doubt.expected = expected
    doubt.offset = offset
    return isSame
  }
}

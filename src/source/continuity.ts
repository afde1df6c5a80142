/**
 * Does a Kafka batch begin where the one before it ended? Its base offset lies outside of its checksum: one bit that flips on
 * the way from the broker would shift records, and with them the position. So what is unexpected must be seen twice. Gaps
 * are real where a log is compacted, an earlier base where a position lies inside of a batch. Neighbour: fetcher.ts.
 */
export class Continuity {
  private hasGaps = false
  private seenExpected = -1
  private seenBase = -1

  /**
   * May a batch with this base offset follow, where `expected` is? A log that was seen to have gaps may have more of them.
   * False: it is to be fetched again.
   */
  mayFollow(expected: number, base: number): boolean {
    if (base === expected || (this.hasGaps && base > expected)) return true
    const isSeenAgain = this.seenExpected === expected && this.seenBase === base
    if (isSeenAgain && base > expected) this.hasGaps = true
    this.seenExpected = expected
    this.seenBase = base
    return isSeenAgain
  }
}

/**
 * Tells bad records from a bad setting: many refusals among few rows mean that a constraint or a type is wrong,
 * and dead-lettering everything would only hide it.
 */
const WINDOW_ROWS = 10_000
const MAX_REFUSALS = 100
const MAX_SHARE = 0.01

export class Refusals {
  private rows = 0
  /** Rows seen when each refusal in the window came: at most MAX_REFUSALS + 1 of them. */
  private seenAt: number[] = []

  stored(rows: number): void {
    this.rows += rows
  }

  /** Notes a refusal; true when it is one too many. */
  add(): boolean {
    this.rows += 1
    this.seenAt.push(this.rows)
    this.seenAt = this.seenAt.filter(at => at > this.rows - WINDOW_ROWS).slice(-MAX_REFUSALS - 1)
    const window = Math.min(this.rows, WINDOW_ROWS)
    return this.seenAt.length > MAX_REFUSALS && this.seenAt.length > window * MAX_SHARE
  }
}

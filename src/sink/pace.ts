/**
 * How much a transaction may take and when it may begin: large under load, small after a refused row (so that little is
 * sent twice), one row at last where a refused one is sought that no error names.
 */
import type { Limits } from './slice.ts'

/** That much ready does not wait for the interval: larger transactions cost no less a row. */
const READY_BYTES = 2 * 1024 * 1024
/** The end of a transaction (tail, COMMIT) costs the same for few rows and for many: it may take this share of the time. */
const SHARE_OF_ENDS = 1 / 5
const LONGEST_INTERVAL_MS = 50
const REFUSED_BYTES = 1024 * 1024
const MS_PER_CLAIM = 1

export class Pace {
  private readonly mostBytes: number
  private readonly intervalMs: number
  private bytes: number
  private rows = Number.POSITIVE_INFINITY
  private beganAt = Number.NEGATIVE_INFINITY
  /** What the end of a transaction takes, of late. */
  private endMs = 0

  /** @param mostBytes of COPY data in a transaction; @param intervalMs between two of them while there is little to do */
  constructor(mostBytes: number, intervalMs: number) {
    this.mostBytes = mostBytes
    this.intervalMs = intervalMs
    this.bytes = mostBytes
  }

  get limits(): Limits {
    return { bytes: this.bytes, rows: this.rows }
  }

  /** How long to wait until the next transaction may begin, ms. */
  waitMs(readyBytes: number, claims: number): number {
    if (readyBytes >= READY_BYTES) return 0
    const forEnds = Math.min(this.endMs / SHARE_OF_ENDS, LONGEST_INTERVAL_MS)
    const intervalMs = Math.max(this.intervalMs, claims * MS_PER_CLAIM, forEnds)
    return Math.max(0, this.beganAt + intervalMs - performance.now())
  }

  began(): void {
    this.beganAt = performance.now()
  }

  /** @param endMs from the last row to the answer to COMMIT */
  landed(endMs: number): void {
    this.endMs = (this.endMs + endMs) / 2
    this.bytes = Math.min(this.mostBytes, this.bytes * 2)
    // What was looked for may be gone.
    this.rows *= 2
  }

  /** A row was refused and is known. */
  refused(): void {
    this.rows = Number.POSITIVE_INFINITY
    this.bytes = Math.min(this.bytes, REFUSED_BYTES)
  }

  /** One of `rows` rows was refused, no error says which: look in half of them. */
  halve(rows: number): void {
    this.rows = Math.max(1, Math.floor(rows / 2))
  }
}

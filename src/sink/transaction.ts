/**
 * What one transaction commits: slices, and per partition the move of its position, frozen before COPY begins.
 * Neighbours: writer.ts builds and lands it, session.ts sends it, tail.ts puts the rest of it into words.
 */
import type { Claim, Fingerprint } from '../arena/descriptors.ts'
import { fingerprintOf, type Slice } from './slice.ts'

/** The move of one position: from `expected` to `next`. */
export interface Move {
  readonly claim: Claim
  readonly expected: number
  readonly next: number
  readonly fingerprint: Fingerprint | null
  readonly slices: readonly Slice[]
}

export class Transaction {
  readonly moves: readonly Move[]
  readonly slices: readonly Slice[]
  readonly rows: number
  readonly bytes: number
  /** It was sent before, and must be sent again just so: the first attempt may still come to light. */
  readonly isRepeat: boolean

  /** @param slices in offset order within each partition, without holes */
  constructor(slices: readonly Slice[], isRepeat = false) {
    this.isRepeat = isRepeat
    this.moves = movesOf(slices)
    this.slices = this.moves.flatMap(move => move.slices)
    this.rows = this.slices.reduce((sum, slice) => sum + slice.rowTo - slice.rowFrom, 0)
    this.bytes = this.slices.reduce((sum, slice) => sum + slice.bytes, 0)
  }

  /** Starts of the segments that must exist. */
  get segments(): number[] {
    return [...new Set(this.slices.flatMap(({ pending }) => pending.batch.result.segments))]
  }

  /** The same slices of some of the claims, to be sent again; null when there are none. */
  only(isWanted: (claim: Claim) => boolean): Transaction | null {
    const slices = this.slices.filter(({ pending }) => isWanted(pending.claim))
    return slices.length === 0 ? null : new Transaction(slices, true)
  }

  /** Age of the oldest and of the newest record, by Kafka's time, ms. */
  ages(nowMs: number): readonly [oldest: number, newest: number] {
    const results = this.slices.map(({ pending }) => pending.batch.result)
    const oldest = Math.min(...results.map(({ firstTimestampMs }) => firstTimestampMs || nowMs))
    const newest = Math.max(...results.map(({ lastTimestampMs }) => lastTimestampMs))
    return [nowMs - oldest, nowMs - (newest || nowMs)]
  }

  /** The slice and row that COPY's line number means, from 1; null where there is no such line. */
  rowAt(line: number): { slice: Slice; row: number } | null {
    let before = 0
    for (const slice of this.slices) {
      const rows = slice.rowTo - slice.rowFrom
      if (line <= before + rows)
        return line > before ? { slice, row: slice.rowFrom + line - before - 1 } : null
      before += rows
    }
    return null
  }
}

function movesOf(slices: readonly Slice[]): Move[] {
  const byClaim = new Map<Claim, Slice[]>()
  for (const slice of slices) {
    const { claim } = slice.pending
    byClaim.set(claim, [...(byClaim.get(claim) ?? []), slice])
  }
  return [...byClaim].map(([claim, own]) => ({
    claim,
    expected: own[0]!.firstOffset,
    next: own.at(-1)!.nextOffset,
    // In the midst of a batch the last one known stays: older, and still proof of which log this is.
    fingerprint: fingerprintOf(own.at(-1)!) ?? claim.fingerprint,
    slices: own,
  }))
}

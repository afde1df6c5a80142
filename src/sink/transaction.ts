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

  /** @param slices in offset order within each partition, without holes */
  constructor(slices: readonly Slice[]) {
    this.moves = movesOf(slices)
    this.slices = this.moves.flatMap(move => move.slices)
    this.rows = this.slices.reduce((sum, slice) => sum + slice.rowTo - slice.rowFrom, 0)
    this.bytes = this.slices.reduce((sum, slice) => sum + slice.bytes, 0)
  }

  /** Starts of the segments that must exist. */
  get segments(): number[] {
    return [...new Set(this.slices.flatMap(({ pending }) => pending.batch.result.segments))]
  }

  /** The same slices of some of the partitions. */
  only(claims: ReadonlySet<Claim>): Transaction | null {
    const slices = this.slices.filter(({ pending }) => claims.has(pending.claim))
    return slices.length === 0 ? null : new Transaction(slices)
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
    fingerprint: fingerprintOf(own.at(-1)!),
    slices: own,
  }))
}

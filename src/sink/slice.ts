/**
 * A parsed batch on its way into Postgres, and the slice of it that one transaction takes: rows [rowFrom, rowTo),
 * and perhaps the refused row behind them, as a dead letter. Nothing moves here until the transaction has landed.
 */
import type { Claim, Fingerprint, ParsedBatch } from '../arena/descriptors.ts'
import { type RowEntry, readDeadLetters, readRow } from '../kernel/layout.ts'

/** Why Postgres refused a row. */
export interface Refusal {
  readonly sqlstate: string
  readonly reason: string
}

export interface Slice {
  readonly pending: Pending
  readonly rowFrom: number
  readonly rowTo: number
  readonly firstOffset: number
  readonly nextOffset: number
  /** Of the row at rowTo, which is left out of the COPY. */
  readonly refusal: Refusal | null
  /** Place and size of the rows in the arena. */
  readonly address: number
  readonly bytes: number
  /** Records of it that steps left out. */
  readonly dropped: number
}

export interface Limits {
  readonly bytes: number
  readonly rows: number
}

export class Pending {
  readonly batch: ParsedBatch
  readonly refusals = new Map<number, Refusal>()
  rowFrom = 0
  firstOffset: number
  /** Records left out by steps that no slice has taken yet. */
  private droppedLeft: number
  private readonly view: DataView
  /** Of dead letters that are not in the arena and have to be fetched again. */
  private readonly absentBytes: number

  constructor(batch: ParsedBatch, view: DataView) {
    this.batch = batch
    this.firstOffset = batch.result.firstOffset
    this.droppedLeft = batch.result.dropped
    this.view = view
    this.absentBytes = this.countAbsent()
  }

  get claim(): Claim {
    return this.batch.claim
  }

  /** COPY bytes not landed yet. */
  get bytesLeft(): number {
    return this.batch.result.copyBytes - this.startOf(this.rowFrom)
  }

  /** What it adds to the tail of its transaction, roughly. */
  get tailBytes(): number {
    const { usedBytes, rollupsAt } = this.batch.result
    return usedBytes - rollupsAt + this.absentBytes
  }

  private countAbsent(): number {
    const { region, result } = this.batch
    if (region === null || result.deadLetters === 0) return 0
    return readDeadLetters(this.view, region.address, result)
      .filter(({ hasPayload }) => !hasPayload)
      .reduce((sum, { keyLength, valueLength }) => sum + Math.max(0, keyLength) + Math.max(0, valueLength), 0)
  }

  /** Offset of a row, in Kafka. */
  offsetOf(row: number): number {
    return this.entry(row).offset
  }

  /** Size of the value that a row was made of. */
  valueBytesOf(row: number): number {
    return this.entry(row).valueBytes
  }

  /** Address of a row's COPY bytes; of the end for the row behind the last one. */
  addressOf(row: number): number {
    return this.regionAt + this.startOf(row)
  }

  private get regionAt(): number {
    return this.batch.region?.address ?? 0
  }

  private entry(row: number): RowEntry {
    return readRow(this.view, this.regionAt, this.batch.result, row)
  }

  private startOf(row: number): number {
    return row === 0 ? 0 : this.entry(row - 1).end
  }

  /** The next slice: as much as the limits allow, at least one row, and not beyond a refused row. */
  cut(limits: Limits): Slice {
    const { rows } = this.batch.result
    const start = this.startOf(this.rowFrom)
    const takesAll =
      this.refusals.size === 0 && this.bytesLeft <= limits.bytes && rows - this.rowFrom <= limits.rows
    const rowTo = takesAll ? rows : this.lastRowWithin(limits)
    const refusal = this.refusals.get(rowTo) ?? null
    const nextOffset = this.nextOffsetBehind(rowTo, refusal)
    return {
      pending: this,
      rowFrom: this.rowFrom,
      rowTo,
      firstOffset: this.firstOffset,
      nextOffset,
      refusal,
      address: this.addressOf(this.rowFrom),
      bytes: this.startOf(rowTo) - start,
      dropped: this.droppedWithin(nextOffset, rowTo - this.rowFrom + (refusal === null ? 0 : 1)),
    }
  }

  /**
   * Of the offsets up to `nextOffset` that are neither among the `rows` nor dead letters, those that steps left out.
   * Where a batch that is cut has skipped offsets too, the first are taken for dropped: the sums agree.
   */
  private droppedWithin(nextOffset: number, rows: number): number {
    const { region, result } = this.batch
    if (this.droppedLeft === 0 || region === null || nextOffset === result.nextOffset) return this.droppedLeft
    const dead = readDeadLetters(this.view, region.address, result).filter(
      ({ offset }) => offset >= this.firstOffset && offset < nextOffset,
    ).length
    return Math.min(this.droppedLeft, nextOffset - this.firstOffset - rows - dead)
  }

  private lastRowWithin(limits: Limits): number {
    const start = this.startOf(this.rowFrom)
    let rowTo = this.rowFrom
    while (rowTo < this.batch.result.rows && !this.refusals.has(rowTo)) {
      const isOver = this.startOf(rowTo + 1) - start > limits.bytes || rowTo - this.rowFrom >= limits.rows
      if (isOver && rowTo > this.rowFrom) break
      rowTo += 1
    }
    return rowTo
  }

  /** Whatever lies behind the last row of the batch (skipped offsets, dead letters) goes with it. */
  private nextOffsetBehind(rowTo: number, refusal: Refusal | null): number {
    const end = refusal === null ? rowTo : rowTo + 1
    return end >= this.batch.result.rows ? this.batch.result.nextOffset : this.offsetOf(end - 1) + 1
  }

  /** The slice landed; true when nothing is left of the batch. */
  advance(slice: Slice): boolean {
    this.rowFrom = slice.rowTo + (slice.refusal === null ? 0 : 1)
    this.firstOffset = slice.nextOffset
    this.droppedLeft -= slice.dropped
    return slice.nextOffset >= this.batch.result.nextOffset
  }
}

/** The Kafka batch that holds the slice's last record; known only at the end of the parsed batch. */
export const fingerprintOf = (slice: Slice): Fingerprint | null =>
  slice.nextOffset === slice.pending.batch.result.nextOffset ? slice.pending.batch.result.fingerprint : null

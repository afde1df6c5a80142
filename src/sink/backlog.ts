/**
 * The parsed batches that one writer has not committed yet, per claim in offset order. Cuts the next transaction's
 * slices out of them and lets go of what has landed. Bounded by the arena: every batch holds an output region.
 */
import type { Claim, ParsedBatch } from '../arena/descriptors.ts'
import { type Limits, Pending, type Slice } from './slice.ts'
import type { Move } from './transaction.ts'

/** Dead letters and rollups of a transaction travel in one statement: no more of them than this. */
const TAIL_BYTES = 4 * 1024 * 1024

export class Backlog {
  private readonly queues = new Map<Claim, Pending[]>()
  private readonly view: DataView

  constructor(view: DataView) {
    this.view = view
  }

  add(batch: ParsedBatch): void {
    const pending = new Pending(batch, this.view)
    const queue = this.queues.get(batch.claim)
    if (queue === undefined) this.queues.set(batch.claim, [pending])
    else queue.push(pending)
  }

  /** Claims that something waits for. */
  get claims(): number {
    return this.queues.size
  }

  get held(): readonly Claim[] {
    return [...this.queues.keys()]
  }

  get isEmpty(): boolean {
    return this.queues.size === 0
  }

  /** COPY bytes not landed yet. */
  get bytes(): number {
    let bytes = 0
    for (const queue of this.queues.values()) for (const pending of queue) bytes += pending.bytesLeft
    return bytes
  }

  bytesOf(claim: Claim): number {
    return (this.queues.get(claim) ?? []).reduce((sum, { bytesLeft }) => sum + bytesLeft, 0)
  }

  has(claim: Claim): boolean {
    return this.queues.has(claim)
  }

  /** Gives back what belongs to claims that ended, but for what is being sent. */
  sweep(sending: readonly Slice[]): void {
    for (const [claim, queue] of this.queues) {
      if (claim.isLive) continue
      const kept = queue.filter(pending => sending.some(slice => slice.pending === pending))
      for (const pending of queue) if (!kept.includes(pending)) pending.batch.region?.release()
      if (kept.length > 0) this.queues.set(claim, kept)
      else this.queues.delete(claim)
    }
  }

  /**
   * Round after round one batch of each wanted claim, until the limits are reached. A batch is split only where it exceeds them
   * alone (its rollups have to be counted again then). Nothing moves.
   */
  cut({ bytes, rows }: Limits, wanted: ReadonlySet<Claim>): Slice[] {
    const slices: Slice[] = []
    let [bytesLeft, rowsLeft, tailLeft] = [bytes, rows, TAIL_BYTES]
    const chosen = [...this.queues].filter(([claim]) => wanted.has(claim))
    const open = new Map(chosen.map(([claim, queue]) => [claim, queue.values()]))
    while (open.size > 0 && bytesLeft > 0 && rowsLeft > 0 && tailLeft > 0) {
      for (const [claim, queue] of open) {
        const { value: pending, done } = queue.next()
        const hasRoom = bytesLeft > 0 && rowsLeft > 0 && tailLeft > 0
        if (done === true || !hasRoom || (slices.length > 0 && pending.bytesLeft > bytesLeft)) {
          open.delete(claim)
          continue
        }
        const slice = pending.cut({ bytes: bytesLeft, rows: rowsLeft })
        slices.push(slice)
        bytesLeft -= slice.bytes
        rowsLeft -= slice.rowTo - slice.rowFrom
        tailLeft -= pending.tailBytes
        // The rest of a batch goes before the next one.
        if (slice.nextOffset < pending.batch.result.nextOffset) open.delete(claim)
      }
    }
    this.rotate()
    return slices
  }

  /** Whoever came first comes last in the next transaction. */
  private rotate(): void {
    const [first] = this.queues
    if (first === undefined) return
    this.queues.delete(first[0])
    this.queues.set(...first)
  }

  /** A position moved in Postgres: lets go of what it covers. */
  advance({ claim, slices }: Move): void {
    const queue = this.queues.get(claim) ?? []
    for (const slice of slices) {
      if (!slice.pending.advance(slice)) continue
      queue.splice(queue.indexOf(slice.pending), 1)
      slice.pending.batch.region?.release()
    }
    if (queue.length === 0) this.queues.delete(claim)
  }
}

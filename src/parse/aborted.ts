/**
 * Which batches of an input belong to transactions that were aborted. The broker lists all such transactions that
 * overlap what it hands out, also those whose marker comes later; a task is told all batches of its input from the
 * first one, so it may begin anywhere. Neighbour: batch-walk.ts.
 * Source: KIP-98; apache/kafka CompletedFetch (consumeAbortedTransactionsUpTo, containsAbortMarker).
 */
import { type BatchHeader, producerIdOf } from './kafka-batch.ts'

const ENTRY_BYTES = 16
/** Of a control record's key: version i16, type i16. */
const TYPE_AT = 2
const KEY_BYTES = 4
const ABORT = 0
const LONGEST_VARINT = 10

interface Transaction {
  readonly producerId: bigint
  readonly firstOffset: number
}

export class AbortedTransactions {
  /** Not begun yet, by their first offset. */
  private readonly ahead: Transaction[] = []
  /** Producers in a transaction that will be aborted. */
  private readonly open = new Set<bigint>()

  /** A new input, with `count` entries at `at`. */
  begin(view: DataView, at: number, count: number): void {
    this.ahead.length = 0
    this.open.clear()
    for (let entry = at; entry < at + count * ENTRY_BYTES; entry += ENTRY_BYTES) {
      this.ahead.push({
        producerId: view.getBigInt64(entry),
        firstOffset: Number(view.getBigInt64(entry + 8)),
      })
    }
    this.ahead.sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Are the records of this transactional batch to be passed? To be asked of each, once, in order. */
  covers(view: DataView, header: BatchHeader): boolean {
    for (
      let next = this.ahead.at(-1);
      next && next.firstOffset <= header.lastOffset;
      next = this.ahead.at(-1)
    ) {
      this.open.add(next.producerId)
      this.ahead.pop()
    }
    if (this.open.size === 0) return false
    const producerId = producerIdOf(view, header)
    if (header.isControl && isAbortMarker(view, header)) this.open.delete(producerId)
    return !header.isControl && this.open.has(producerId)
  }
}

/** record = length varint, attributes i8, time delta varlong, offset delta varint, key length varint, key, … */
function isAbortMarker(view: DataView, { recordsAt, end, records }: BatchHeader): boolean {
  if (records === 0) return false
  let at = skipVarint(view, recordsAt, end) + 1
  at = skipVarint(view, at, end)
  at = skipVarint(view, at, end)
  at = skipVarint(view, at, end)
  return at + KEY_BYTES <= end && view.getInt16(at + TYPE_AT) === ABORT
}

function skipVarint(view: DataView, from: number, end: number): number {
  const limit = Math.min(end, from + LONGEST_VARINT)
  let at = from
  while (at < limit && view.getUint8(at) > 0x7f) at++
  return at + 1
}

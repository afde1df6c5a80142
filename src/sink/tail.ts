/**
 * The tail of a transaction: rollups, ledger rows, dead letters and positions as one JSON document, which travels as
 * hex and is taken apart by commit_tail (sql/0010_dropped.sql). Neighbour: transaction.ts.
 */
import { type Rollup, readRollups } from '../kernel/layout.ts'
import type { DeadLetterRow } from './dead-letters.ts'
import { countedRow } from './row.ts'
import type { Slice } from './slice.ts'
import type { Move, Transaction } from './transaction.ts'

/** @param dead all dead letters of the transaction */
export function encodeTail(transaction: Transaction, dead: readonly DeadLetterRow[], view: DataView): Buffer {
  const { moves } = transaction
  return Buffer.from(
    JSON.stringify({
      rollups: moves.flatMap(move => rollupsOf(move, view)),
      ledger: moves.map(move => ledgerRow(move, dead, view)),
      dead,
      offsets: moves.map(({ claim, expected, next, fingerprint }) => ({
        topic: claim.topicId,
        kpartition: claim.partition,
        token: claim.token,
        expected,
        next,
        print_offset: fingerprint?.baseOffset ?? null,
        print_crc: fingerprint?.crc ?? null,
      })),
    }),
  )
}

function rollupsOf({ claim, slices }: Move, view: DataView): object[] {
  const { topicId: topic, partition: kpartition } = claim
  return slices.flatMap(slice => sliceRollups(slice, view).map(rollup => ({ topic, kpartition, ...rollup })))
}

/** The kernel counted whole batches; where rows are left out, the encoded rows are counted again. */
function sliceRollups(slice: Slice, view: DataView): readonly Rollup[] {
  const { region, result } = slice.pending.batch
  if (region === null || slice.rowTo === slice.rowFrom) return []
  const isWhole = slice.rowFrom === 0 && slice.rowTo === result.rows
  return isWhole ? readRollups(view, region.address, result) : recount(slice, view)
}

const MICROSECONDS_PER_MINUTE = 60_000_000

function recount({ pending, rowFrom, rowTo }: Slice, view: DataView): Rollup[] {
  const counts = new Map<string, Rollup>()
  for (let row = rowFrom; row < rowTo; row++) {
    const { ts, severity, service } = countedRow(view, pending.addressOf(row))
    const minute = Math.floor(ts / MICROSECONDS_PER_MINUTE)
    const key = `${minute} ${severity} ${service}`
    const before = counts.get(key)
    counts.set(key, {
      minute,
      severity,
      service,
      records: (before?.records ?? 0) + 1,
      bytes: (before?.bytes ?? 0) + pending.valueBytesOf(row),
    })
  }
  return [...counts.values()]
}

function ledgerRow(
  { claim, expected, next, slices }: Move,
  dead: readonly DeadLetterRow[],
  view: DataView,
): object {
  const stored = slices.reduce((sum, slice) => sum + slice.rowTo - slice.rowFrom, 0)
  const deadHere = dead.filter(
    row => row.topic === claim.topicId && row.kpartition === claim.partition,
  ).length
  const dropped = slices.reduce((sum, slice) => sum + slice.dropped, 0)
  const times = slices.filter(slice => slice.rowTo > slice.rowFrom).map(slice => timesOf(slice, view))
  return {
    topic: claim.topicId,
    kpartition: claim.partition,
    first: expected,
    next,
    stored,
    dead: deadHere,
    dropped,
    skipped: next - expected - stored - deadHere - dropped,
    bytes: slices.reduce((sum, slice) => sum + slice.bytes, 0),
    min_us: times.length === 0 ? null : Math.min(...times.map(([min]) => min)),
    max_us: times.length === 0 ? null : Math.max(...times.map(([, max]) => max)),
  }
}

/** Least and greatest ts of a slice's rows, µs since 1970. */
function timesOf(slice: Slice, view: DataView): readonly [number, number] {
  const { result } = slice.pending.batch
  if (slice.rowFrom === 0 && slice.rowTo === result.rows) return [result.minTs, result.maxTs]
  let min = Number.POSITIVE_INFINITY
  let max = Number.NEGATIVE_INFINITY
  for (let row = slice.rowFrom; row < slice.rowTo; row++) {
    const { ts } = countedRow(view, slice.pending.addressOf(row))
    min = Math.min(min, ts)
    max = Math.max(max, ts)
  }
  return [min, max]
}

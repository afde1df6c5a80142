/** From what a producer was acknowledged and what could be seen when, to every record's latency. */
import type { Look } from './watch.ts'

/** A batch that the broker acknowledged. */
export interface Ack {
  /** ms, by the clock of the looks. */
  readonly at: number
  readonly partition: number
  /** One past its last offset. */
  readonly next: number
  readonly records: number
}

/** ms from acknowledgement to the first look at which the record was visible, one for each record, sorted; none below 0. */
export function latencies(acks: readonly Ack[], looks: readonly Look[]): Float64Array {
  const all = new Float64Array(acks.reduce((sum, { records }) => sum + records, 0))
  const seen = new Map<number, number>()
  let end = 0
  for (const { at, partition, next, records } of [...acks].sort((a, b) => a.next - b.next)) {
    let index = seen.get(partition) ?? 0
    while (index < looks.length && (looks[index]!.next.get(partition) ?? 0) < next) index += 1
    if (index === looks.length) throw new Error(`offset ${next - 1} of partition ${partition} was never seen`)
    seen.set(partition, index)
    all.fill(Math.max(0, looks[index]!.at - at), end, end + records)
    end += records
  }
  return all.sort()
}

/** One past the last acknowledged offset, by partition. */
export function endsOf(acks: readonly Ack[]): Map<number, number> {
  const ends = new Map<number, number>()
  for (const { partition, next } of acks) ends.set(partition, Math.max(next, ends.get(partition) ?? 0))
  return ends
}

/** The smallest value that at least so many percent of the sorted values do not exceed. */
export const percentile = (sorted: Float64Array, percent: number): number =>
  sorted[Math.max(0, Math.ceil((sorted.length * percent) / 100) - 1)]!

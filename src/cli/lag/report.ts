/** What `logcollector lag` says, as data: sources.ts makes it, table.ts shows it, --json prints it as it is. */

import type { PressureSnapshot } from '../../snapshot.ts'

/** A position is the offset of the next record; null where nobody knows. */
export interface PartitionLag {
  readonly topic: string
  readonly partition: number
  readonly committed: number | null
  readonly highWatermark: number | null
  /** highWatermark − committed, in records. */
  readonly lag: number | null
  readonly fetched: number | null
  readonly parsed: number | null
  readonly inFlightBytes: number | null
  /** Who has the partition now. */
  readonly instance: string | null
}

export interface LagReport {
  /** Where the figures come from: the mirror, or Postgres (positions) with Kafka (high watermarks). */
  readonly source: 'redis' | 'postgres'
  /** ISO time of the reading. */
  readonly at: string
  /** Sum over the partitions whose lag is known. */
  readonly totalLag: number
  /** Partitions whose lag nobody knows. */
  readonly unknown: number
  readonly partitions: readonly PartitionLag[]
  /** Of the consumer that is furthest behind; null where none says so. */
  readonly pressure: PressureSnapshot | null
  /** What could not be had, in words. */
  readonly notes: readonly string[]
}

const byName = (a: PartitionLag, b: PartitionLag): number =>
  a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1

export const reportOf = (
  source: LagReport['source'],
  partitions: readonly PartitionLag[],
  notes: readonly string[],
  pressure: PressureSnapshot | null = null,
): LagReport => ({
  source,
  at: new Date().toISOString(),
  totalLag: partitions.reduce((sum, { lag }) => sum + (lag ?? 0), 0),
  unknown: partitions.filter(({ lag }) => lag === null).length,
  partitions: [...partitions].sort(byName),
  pressure,
  notes,
})

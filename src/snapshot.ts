/**
 * The engine's state at one moment, as plain data: the engine makes it, metrics.ts and http/ show it. Made at a
 * scrape or a request, never per batch.
 */

/** The modes of an assigned partition, in the order of its life. */
export const partitionModes = ['claiming', 'consuming', 'draining', 'released', 'halted'] as const
export type PartitionMode = (typeof partitionModes)[number]

export interface ArenaAccount {
  /** Such as input, output, jumbo. */
  readonly account: string
  readonly usedBytes: number
  readonly sizeBytes: number
}

/** Positions are offsets of the next record; −1 when not known yet. */
export interface PartitionSnapshot {
  readonly topic: string
  readonly partition: number
  readonly mode: PartitionMode
  readonly fetched: number
  readonly parsed: number
  readonly committed: number
  readonly highWatermark: number
  /** Why it is halted, in words; null when it is not. */
  readonly haltedReason: string | null
}

export interface WriterSnapshot {
  readonly id: number
  readonly mode: string
  readonly inFlightBytes: number
}

export interface Readiness {
  readonly ok: boolean
  /** Why not, in words; empty when ok. */
  readonly reasons: readonly string[]
}

export interface Snapshot {
  readonly arena: readonly ArenaAccount[]
  readonly partitions: readonly PartitionSnapshot[]
  readonly writers: readonly WriterSnapshot[]
  readonly parse: { readonly threads: number; readonly running: number; readonly restarts: number }
  readonly ready: Readiness
}

/** Before there is an engine, and after it. */
export const emptySnapshot = (reason: string): Snapshot => ({
  arena: [],
  partitions: [],
  writers: [],
  parse: { threads: 0, running: 0, restarts: 0 },
  ready: { ok: false, reasons: [reason] },
})

/** Records between what the broker has and what is committed; null while either is unknown. */
export const lagOf = ({ highWatermark, committed }: PartitionSnapshot): number | null =>
  highWatermark < 0 || committed < 0 ? null : Math.max(0, highWatermark - committed)

/**
 * The engine's state at one moment, as plain data: the engine makes it, metrics/ and http/ show it. Made at a
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
  /** Where the first open transaction begins, under read_committed; −1 as well where all is read. */
  readonly lastStable: number
  /** Fetched and not handed on by the parser yet. */
  readonly rangesWaiting: number
  /** Fetched bytes that wait for the parser, and parsed ones that are not committed. */
  readonly inFlightBytes: number
  /** Why it is halted, in words; null when it is not. */
  readonly haltedReason: string | null
}

export interface WriterSnapshot {
  readonly id: number
  readonly mode: string
  readonly inFlightBytes: number
  /** Why it is not ready, in words; null when it is. */
  readonly trouble: string | null
}

/** The mirror in Redis. */
export interface MirrorSnapshot {
  readonly mode: string
  /** The last write succeeded. */
  readonly isUp: boolean
  /** Name of this process in the mirror. */
  readonly instance: string
  /** Null before the first write. */
  readonly lastWriteAgeMs: number | null
  readonly trouble: string | null
}

/** What whoever takes data in should know of a consumer. */
export interface PressureSnapshot {
  /** How long ago the log ended where the committed position stands now. */
  readonly lagSeconds: number
  /** Share of the arena that is in use, from 0 to 1. */
  readonly arenaFill: number
}

export interface Readiness {
  readonly ok: boolean
  /** Why not, in words; empty when ok. */
  readonly reasons: readonly string[]
}

export interface Snapshot {
  /** What the process does, as set. */
  readonly roles: readonly string[]
  readonly arena: readonly ArenaAccount[]
  readonly partitions: readonly PartitionSnapshot[]
  readonly writers: readonly WriterSnapshot[]
  /** Of these, how many may be in a transaction at the same time. */
  readonly writersAllowed: number
  readonly parse: {
    readonly threads: number
    readonly running: number
    readonly restarts: number
    /** ms of work since the start, by thread. */
    readonly busyMs: readonly number[]
  }
  /** Null without redis.url. It has no say in `ready`. */
  readonly mirror: MirrorSnapshot | null
  /** Null where nothing is consumed. */
  readonly pressure: PressureSnapshot | null
  readonly ready: Readiness
}

/** What the API of a process is at, at one moment. */
export interface ApiSnapshot {
  /** Reads that have a connection, and that wait for one. */
  readonly reads: { readonly running: number; readonly waiting: number }
  readonly cache: {
    /** Answers that Postgres is being asked for, and that another process is. */
    readonly filling: number
    readonly waiting: number
    /** Redis is there; null: none is configured. */
    readonly isUp: boolean | null
  }
  /** Followers of the live tail, and the reads that serve them. */
  readonly tail: { readonly followers: number; readonly groups: number }
}

/** Before there is an engine, and after it. */
export const emptySnapshot = (reason: string): Snapshot => ({
  roles: [],
  arena: [],
  partitions: [],
  writers: [],
  writersAllowed: 0,
  parse: { threads: 0, running: 0, restarts: 0, busyMs: [] },
  mirror: null,
  pressure: null,
  ready: { ok: false, reasons: [reason] },
})

/** One past the last record that the broker hands out; −1 while it is not known. */
export const readableEnd = ({
  highWatermark,
  lastStable,
}: Pick<PartitionSnapshot, 'highWatermark' | 'lastStable'>): number =>
  lastStable < 0 ? highWatermark : lastStable

/** Records between what the broker hands out and what is committed; null while either is unknown. */
export const lagOf = (
  one: Pick<PartitionSnapshot, 'highWatermark' | 'lastStable' | 'committed'>,
): number | null =>
  one.highWatermark < 0 || one.committed < 0 ? null : Math.max(0, readableEnd(one) - one.committed)

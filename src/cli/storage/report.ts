/**
 * What `logcollector storage` tells: every segment with its size and indexes, and when and why it will be dropped.
 * Decided by the same rules as retention itself. table.ts shows it to people.
 */
import type { SegmentFacts } from '../../store/storage/list.ts'
import {
  isAttached,
  type RemovalReason,
  removalsDue,
  type SegmentState,
  type StoragePolicy,
} from '../../store/storage/policy.ts'

export interface SegmentReport {
  readonly segment: string
  /** ISO times. */
  readonly from: string
  readonly to: string
  readonly state: SegmentState
  readonly sealedAt: string | null
  /** Postgres' estimate; null before the first ANALYZE. */
  readonly rowsEstimate: number | null
  readonly tableBytes: number
  readonly indexBytes: number
  readonly indexes: SegmentFacts['indexes']
  /** `at`: from then on, at the next look; null where no limit reaches it yet. */
  readonly drop: { readonly reason: RemovalReason; readonly at: string } | null
}

export interface StorageReport {
  readonly at: string
  readonly segments: readonly SegmentReport[]
  /** Of the segments that are part of `logs`. */
  readonly totalBytes: number
  /** Of those on their way out. */
  readonly leavingBytes: number
  readonly policy: StoragePolicy
}

export function storageReport(
  segments: readonly SegmentFacts[],
  policy: StoragePolicy,
  nowMs: number,
): StorageReport {
  const due = new Map(
    removalsDue(segments, policy, nowMs).map(({ segment, reason }) => [segment.segment, reason]),
  )
  const dropOf = ({ removal, segment, toMs }: SegmentFacts): SegmentReport['drop'] => {
    const reason = removal ?? due.get(segment)
    if (reason !== undefined) return { reason, at: iso(nowMs) }
    return policy.retentionMs === 0 ? null : { reason: 'age', at: iso(toMs + policy.retentionMs) }
  }
  const sizeOf = (those: readonly SegmentFacts[]): number =>
    those.reduce((sum, { totalBytes }) => sum + totalBytes, 0)
  return {
    at: iso(nowMs),
    segments: segments.map(one => ({
      segment: one.segment,
      from: iso(one.fromMs),
      to: iso(one.toMs),
      state: one.state,
      sealedAt: one.sealedAtMs === null ? null : iso(one.sealedAtMs),
      rowsEstimate: one.rowsEstimate,
      tableBytes: one.tableBytes,
      indexBytes: one.indexBytes,
      indexes: one.indexes,
      drop: dropOf(one),
    })),
    totalBytes: sizeOf(segments.filter(isAttached)),
    leavingBytes: sizeOf(segments.filter(one => !isAttached(one))),
    policy,
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()

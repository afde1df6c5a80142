/**
 * What becomes of each segment, and when: decided from the list of segments, the settings and the time, so that the
 * storekeeper (retention.ts) and `logcollector storage` cannot differ.
 */
import type { Config } from '../../config/types.ts'
import type { IndexKind } from './indexes.ts'
import type { TextIndexSetting } from './text-index.ts'

export interface StoragePolicy {
  readonly sealAfterMs: number
  readonly indexes: readonly IndexKind[]
  readonly textIndex: TextIndexSetting
  /** 0: rows are kept. */
  readonly retentionMs: number
  /** Of all segments with their indexes; 0: no limit. */
  readonly maxSizeBytes: number
  /** 0: rollups are kept. */
  readonly rollupRetentionMs: number
}

export const policyOf = ({ storage }: Config): StoragePolicy => ({
  sealAfterMs: storage.sealAfterMs,
  indexes: storage.indexes as readonly IndexKind[],
  textIndex: storage.textIndex,
  retentionMs: storage.retentionMs,
  maxSizeBytes: storage.maxSizeBytes,
  rollupRetentionMs: storage.rollupRetentionMs,
})

export const segmentStates = ['live', 'sealing', 'sealed', 'detaching', 'detached'] as const
export type SegmentState = (typeof segmentStates)[number]
/** age: storage.retention; size: storage.max_size. */
export type RemovalReason = 'age' | 'size'

/** What the decision looks at; times are ms since 1970. */
export interface Removable {
  readonly segment: string
  readonly fromMs: number
  readonly toMs: number
  readonly state: SegmentState
  readonly totalBytes: number
}

/** Part of `logs`, as opposed to on its way out. */
export const isAttached = ({ state }: Pick<Removable, 'state'>): boolean =>
  state !== 'detaching' && state !== 'detached'

/**
 * Which segments have to go now, oldest first, and why. One whose time is not over stays whatever the limit; what is
 * on its way out already takes no room any more.
 */
export function removalsDue<S extends Removable>(
  segments: readonly S[],
  { retentionMs, maxSizeBytes }: Pick<StoragePolicy, 'retentionMs' | 'maxSizeBytes'>,
  nowMs: number,
): { segment: S; reason: RemovalReason }[] {
  const attached = segments.filter(isAttached).sort((a, b) => a.fromMs - b.fromMs)
  let totalBytes = attached.reduce((sum, segment) => sum + segment.totalBytes, 0)
  const due: { segment: S; reason: RemovalReason }[] = []
  for (const segment of attached) {
    const isTooOld = retentionMs > 0 && segment.toMs + retentionMs <= nowMs
    const isTooMuch = maxSizeBytes > 0 && totalBytes > maxSizeBytes && segment.toMs <= nowMs
    if (!isTooOld && !isTooMuch) continue
    // An empty one gives no room back.
    if (!isTooOld && segment.totalBytes === 0) continue
    due.push({ segment, reason: isTooOld ? 'age' : 'size' })
    totalBytes -= segment.totalBytes
  }
  return due
}

/**
 * Kind to the database: how many writers may be at work, decided once a second from the latency of commits. Pure;
 * turns.ts carries it out.
 */
export interface KindnessBounds {
  /** More than this of latency is a bad second, ms. */
  readonly boundMs: number
  /** Writers that there are. */
  readonly most: number
}

export interface Kindness {
  /** From 1 to `most`. */
  readonly allowed: number
  /** In a row, since the last change. */
  readonly goodSeconds: number
}

/** So many good seconds let one more writer in. */
const GOOD_SECONDS = 10

/**
 * After one more second. @param latencyMs of its commits, the middle one; null: none ended
 * @param isIdle nothing waits to be written, so that a second without commits is a good one
 */
export function afterSecond(
  { allowed, goodSeconds }: Kindness,
  latencyMs: number | null,
  isIdle: boolean,
  { boundMs, most }: KindnessBounds,
): Kindness {
  if (latencyMs === null && !isIdle) return { allowed, goodSeconds }
  if (latencyMs !== null && latencyMs > boundMs) return { allowed: Math.max(1, allowed - 1), goodSeconds: 0 }
  if (allowed === most) return { allowed, goodSeconds: 0 }
  const isEnough = goodSeconds + 1 === GOOD_SECONDS
  return { allowed: allowed + (isEnough ? 1 : 0), goodSeconds: isEnough ? 0 : goodSeconds + 1 }
}

/** The middle one; null of none. */
export function medianOf(values: readonly number[]): number | null {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? null
}

/** How long one pass over all lines takes; the main thread and thread.ts measure alike. */

export const LINES = 5000
export const WARM_UP_MS = 300
export const RUN_MS = 300

/** Nanoseconds a line of `once`, which deals with all lines, over at least `ms`. */
export function time(ms: number, once: () => void): number {
  const startedAt = performance.now()
  let rounds = 0
  let elapsed = 0
  do {
    once()
    rounds += 1
    elapsed = performance.now() - startedAt
  } while (elapsed < ms)
  return (elapsed * 1e6) / (rounds * LINES)
}

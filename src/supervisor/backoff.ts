/**
 * Waiting between attempts: doubling from FIRST_MS to LAST_MS, with jitter so that instances do not fall into step.
 * Used wherever a retry has no end (Postgres away, brokers away).
 */
const FIRST_MS = 50
const LAST_MS = 5_000

export class Backoff {
  private nextMs = FIRST_MS

  /** How long to wait before the next attempt, in ms. */
  next(): number {
    const delay = this.nextMs * (0.5 + Math.random() / 2)
    this.nextMs = Math.min(LAST_MS, this.nextMs * 2)
    return delay
  }

  reset(): void {
    this.nextMs = FIRST_MS
  }
}

export interface RetryOptions {
  /** Asked before each attempt; false gives up with null. */
  readonly isWanted: () => boolean
  readonly onError: (error: unknown) => void
}

/** Runs `attempt` until it succeeds or is no longer wanted (then null). */
export async function retryWhile<T>(
  attempt: () => Promise<T>,
  { isWanted, onError }: RetryOptions,
): Promise<T | null> {
  const backoff = new Backoff()
  while (isWanted()) {
    try {
      return await attempt()
    } catch (error) {
      onError(error)
    }
    await delay(backoff.next())
  }
  return null
}

export const delay = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms))

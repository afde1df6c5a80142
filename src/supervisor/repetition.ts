/**
 * Tells what was said lately from what is news, so that a failure that is tried again for ever is not written for ever.
 * Used by log.ts for events and by source/kafka/adapter.ts for the lines of kafkajs.
 */
const SAID_AGAIN_AFTER_MS = 60_000
/** Texts may hold anything: the memory of them is bounded. */
const MOST_TEXTS = 200

export class Repetition {
  private readonly saidAt = new Map<string, number>()

  /** True where the same text was news less than a minute ago. `nowMs` is of any clock that runs evenly. */
  isRepeated(text: string, nowMs = performance.now()): boolean {
    const at = this.saidAt.get(text)
    if (at !== undefined && nowMs - at < SAID_AGAIN_AFTER_MS) return true
    if (this.saidAt.size >= MOST_TEXTS) this.saidAt.clear()
    this.saidAt.set(text, nowMs)
    return false
  }
}

/**
 * A latch between one waiting loop and whoever has news for it: news that comes before the wait is not lost,
 * and any number of news is one wake-up. The smallest mailbox there is: it can hold one message, "look again".
 */
export class Signal {
  private raised = false
  private wake: (() => void) | null = null

  raise(): void {
    this.raised = true
    this.wake?.()
  }

  /** Resolves at the next raise (or now, if one came since the last wait), or after `timeoutMs`. */
  wait(timeoutMs = Number.POSITIVE_INFINITY): Promise<void> {
    return new Promise(resolve => {
      const timer = Number.isFinite(timeoutMs) ? setTimeout(() => this.wake?.(), timeoutMs) : undefined
      this.wake = () => {
        clearTimeout(timer)
        this.wake = null
        this.raised = false
        resolve()
      }
      if (this.raised) this.wake()
    })
  }
}

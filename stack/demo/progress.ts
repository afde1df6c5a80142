/** The demo's progress line on standard error: rewritten in place on a terminal, else a line every few seconds. */

const everyMs = 500
const plainEveryMs = 5000

export interface Progress {
  readonly produced: number
  readonly stored: number
}

export class ProgressLine {
  private readonly isTerminal = process.stderr.isTTY === true
  private last: { readonly atMs: number; readonly stored: number } | null = null
  private isOpen = false

  /** Shows where things stand, if it is time. */
  show({ produced, stored }: Progress): void {
    const nowMs = performance.now()
    this.last ??= { atMs: nowMs, stored }
    const elapsedMs = nowMs - this.last.atMs
    if (elapsedMs < (this.isTerminal ? everyMs : plainEveryMs)) return
    const rate = Math.round(((stored - this.last.stored) / elapsedMs) * 1000)
    const lag = Math.max(0, produced - stored)
    const text = `${stored} stored, ${rate} rows/s, lag ${lag}`
    this.last = { atMs: nowMs, stored }
    this.isOpen = this.isTerminal
    process.stderr.write(this.isTerminal ? `\r${text}\x1b[K` : `${text}\n`)
  }

  /** A line of its own, beneath. */
  say(text: string): void {
    if (this.isOpen) process.stderr.write('\n')
    this.isOpen = false
    process.stderr.write(`${text}\n`)
  }
}

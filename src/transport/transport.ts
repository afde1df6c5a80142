/**
 * A stream that takes lines and sends them on in batches, one in flight. It never holds its writer up: what does not
 * fit its buffer is dropped, counted and told. pino.ts makes it; line-queue.ts and a sender.ts do the work.
 */
import { Writable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../errors.ts'
import { LineQueue } from './line-queue.ts'
import type { Sender } from './sender.ts'

export interface TransportLimits {
  /** Of lines that wait or are on their way. */
  readonly bufferBytes: number
  /** Of lines sent at once. */
  readonly batchBytes: number
  /** How long the end of the stream may take, ms. */
  readonly closeTimeoutMs: number
}

/** Since the start. */
export interface Losses {
  /** Lines that did not fit the buffer, or were left at the end. */
  readonly dropped: number
  /** Lines refused for good. */
  readonly rejected: number
  /** Of the latest refusal or failed attempt; empty: there was none. */
  readonly reason: string
}

/** Losses are told at most so often. */
const TELL_EVERY_MS = 1_000

export class TransportStream extends Writable {
  private readonly sender: Sender
  private readonly limits: TransportLimits
  private readonly tell: (losses: Losses) => void
  private readonly queue: LineQueue
  private readonly stopping = new AbortController()
  private pumping: Promise<void> | null = null
  private telling: NodeJS.Timeout | null = null
  private leftAtEnd = 0
  private rejected = 0
  private reason = ''

  /** `tell` hears of losses soon after they happen, and at the end. */
  constructor(sender: Sender, limits: TransportLimits, tell: (losses: Losses) => void) {
    super({ decodeStrings: true })
    this.sender = sender
    this.limits = limits
    this.tell = tell
    this.queue = new LineQueue(limits.bufferBytes)
  }

  get losses(): Losses {
    const { rejected, reason } = this
    return { dropped: this.queue.dropped + this.leftAtEnd, rejected, reason }
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    const before = this.queue.dropped
    this.queue.append(chunk)
    if (this.queue.dropped > before) this.tellSoon()
    this.pump()
    done()
  }

  /** Calls back when what was written has arrived, or after the time that the end may take. */
  flush(done: () => void): void {
    void this.arrived().then(() => done())
  }

  override _final(done: () => void): void {
    void this.finish().then(() => done())
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.stopping.abort()
    if (this.telling !== null) clearTimeout(this.telling)
    void this.sender
      .close()
      .catch(() => undefined)
      .then(() => done(error))
  }

  private async finish(): Promise<void> {
    this.queue.end()
    this.pump()
    await this.arrived()
    this.stopping.abort()
    await this.pumping
    this.leftAtEnd = this.queue.length + this.leftAtEnd
    if (this.losses.dropped + this.losses.rejected > 0) this.tell(this.losses)
  }

  private async arrived(): Promise<void> {
    const late = new AbortController()
    const { closeTimeoutMs } = this.limits
    await Promise.race([
      this.pumping,
      delay(closeTimeoutMs, null, { signal: late.signal }).catch(() => undefined),
    ])
    late.abort()
  }

  private pump(): void {
    this.pumping ??= this.sendAll().finally(() => {
      this.pumping = null
    })
  }

  private async sendAll(): Promise<void> {
    // Lines that are written in the same turn go together.
    await Promise.resolve()
    const { signal } = this.stopping
    // Told when it costs lines: the buffer may carry them over.
    const failed = (reason: string): void => {
      this.reason = reason
    }
    while (!this.queue.isEmpty && !signal.aborted) {
      const lines = this.queue.take(this.limits.batchBytes)
      try {
        const { rejected, reason } = await this.sender.send(lines, signal, failed)
        if (rejected > 0) this.lose(rejected, reason)
      } catch (error) {
        // Given up at the end: whether they arrived is not known. Anything else is a fault that costs the batch.
        this.leftAtEnd += lines.length
        if (!signal.aborted) this.lose(0, messageOf(error))
      }
      this.queue.done(lines)
    }
  }

  private lose(rejected: number, reason: string): void {
    this.rejected += rejected
    this.reason = reason
    this.tellSoon()
  }

  private tellSoon(): void {
    this.telling ??= setTimeout(() => {
      this.telling = null
      this.tell(this.losses)
    }, TELL_EVERY_MS).unref()
  }
}

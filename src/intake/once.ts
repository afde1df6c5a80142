/**
 * Idempotency keys: a request that comes again under its key within the window sends only what Kafka has not
 * acknowledged yet. Known to this process, and through `shared` (Redis) to the others. Neighbour: intake.ts.
 *
 * A key is new → busy (its records are on their way) → settled; settled → busy when some of them were not acknowledged
 */
import { PipelineError } from '../errors.ts'
import { type Acknowledged, both, parseAcknowledged, textOf } from './acknowledged.ts'

/** What every process knows of a key. */
export interface SharedEntry {
  readonly state: 'busy' | 'settled'
  /** Of the body. */
  readonly fingerprint: string
  /** As textOf(). */
  readonly acknowledged: string
}

/** Never rejects, and never takes long: without Redis each process knows its own keys. */
export interface SharedOnce {
  /** Makes a key busy that is new, or settled with something left; returns what it was before, null when new. */
  claim(id: string, fingerprint: string): Promise<SharedEntry | null>
  settle(id: string, entry: SharedEntry, windowMs: number): Promise<void>
}

export interface OnceOptions {
  readonly windowMs: number
  /** Null: there is no Redis. */
  readonly shared: SharedOnce | null
  readonly now?: () => number
}

/** The right to send under a key; finish() must be called, once. */
export interface Turn {
  /** Of earlier requests. */
  readonly acknowledged: Acknowledged
  finish(acknowledged: Acknowledged): void
}

interface Entry {
  readonly fingerprint: string
  acknowledged: Acknowledged
  /** Null: settled. */
  settling: Promise<void> | null
  expiresMs: number
}

/** Settled keys that a process remembers; the oldest is forgotten first. */
export const MOST_KEYS = 10_000

export class Once {
  private readonly options: OnceOptions
  private readonly now: () => number
  private readonly entries = new Map<string, Entry>()

  constructor(options: OnceOptions) {
    this.options = options
    this.now = options.now ?? Date.now
  }

  /**
   * The turn of a request under this key, waiting for one that is on its way in this process. Throws
   * INTAKE_KEY_REUSED when the body is another one, INTAKE_KEY_BUSY when `late` resolves first.
   */
  async begin(id: string, fingerprint: string, late: Promise<unknown>): Promise<Turn> {
    let known = this.find(id, fingerprint)
    while (known !== null && known.settling !== null) {
      const isLate = await Promise.race([known.settling.then(() => false), late.then(() => true)])
      if (isLate) throw new PipelineError('INTAKE_KEY_BUSY')
      known = this.find(id, fingerprint)
    }
    const { entry, finish } = this.hold(id, fingerprint, known?.acknowledged ?? 'none')
    const turn: Turn = { acknowledged: entry.acknowledged, finish }
    const { shared } = this.options
    // What is settled whole is so for all; of the rest another process may have sent more meanwhile.
    if (known?.acknowledged === 'all' || shared === null) return turn
    const other = await shared.claim(id, fingerprint)
    if (other === null) return turn
    const isOther = other.fingerprint !== fingerprint
    if (isOther || other.state === 'busy') {
      this.entries.delete(id)
      finish('none')
      throw new PipelineError(isOther ? 'INTAKE_KEY_REUSED' : 'INTAKE_KEY_BUSY')
    }
    return { acknowledged: both(entry.acknowledged, parseAcknowledged(other.acknowledged)), finish }
  }

  private find(id: string, fingerprint: string): Entry | null {
    const entry = this.entries.get(id)
    if (entry === undefined) return null
    if (entry.settling === null && entry.expiresMs <= this.now()) {
      this.entries.delete(id)
      return null
    }
    if (entry.fingerprint !== fingerprint) throw new PipelineError('INTAKE_KEY_REUSED')
    return entry
  }

  private hold(id: string, fingerprint: string, acknowledged: Acknowledged) {
    let settle = (): void => undefined
    const settling = new Promise<void>(resolve => {
      settle = resolve
    })
    const entry: Entry = { fingerprint, acknowledged, settling, expiresMs: 0 }
    this.entries.delete(id)
    this.entries.set(id, entry)
    const finish = (now: Acknowledged): void => {
      const { shared, windowMs } = this.options
      entry.acknowledged = now
      entry.expiresMs = this.now() + windowMs
      entry.settling = null
      settle()
      if (this.entries.get(id) !== entry) return
      this.forget()
      void shared?.settle(id, { state: 'settled', fingerprint, acknowledged: textOf(now) }, windowMs)
    }
    return { entry, finish }
  }

  /** Busy keys are bounded by the bytes in flight. */
  private forget(): void {
    for (const [id, { settling }] of this.entries) {
      if (this.entries.size <= MOST_KEYS) return
      if (settling === null) this.entries.delete(id)
    }
  }
}

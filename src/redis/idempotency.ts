/**
 * Idempotency keys of the intake as all processes see them: a key a request, busy for as long as its process says so,
 * then settled for the window. src/intake/once.ts asks; without Redis it is told that every key is new.
 */
import type { Redis } from 'ioredis'
import { connectRedis } from './connection.ts'

export interface IdempotencyEntry {
  readonly state: 'busy' | 'settled'
  readonly fingerprint: string
  readonly acknowledged: string
}

export interface IdempotencyOptions {
  readonly url: string
  readonly prefix: string
}

/** A busy key is forgotten so long after its process was heard of last. */
export const BUSY_MS = 15_000
const RENEW_EVERY_MS = BUSY_MS / 3
/** A server that did not answer is left alone for so long. */
const RETRY_AFTER_MS = 1_000

/** KEYS: the key. ARGV: it as busy, ms until it is forgotten, the fingerprint. Returns 1 where it is busy for us now, and what it was before. */
const CLAIM = `local before = redis.call('GET', KEYS[1])
local isOpen = not before
if before then
  local entry = cjson.decode(before)
  isOpen = entry.state == 'settled' and entry.fingerprint == ARGV[3] and entry.acknowledged ~= 'all'
end
if isOpen then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return { isOpen and 1 or 0, before }`

export class IdempotencyKeys {
  private readonly options: IdempotencyOptions
  private readonly busy = new Set<string>()
  private readonly stopping = new AbortController()
  private connecting: Promise<Redis> | null = null
  private failedAtMs = Number.NEGATIVE_INFINITY
  private renewing: NodeJS.Timeout | null = null

  constructor(options: IdempotencyOptions) {
    this.options = options
  }

  /** Makes a key busy that is new, or settled with something left; returns what it was before, null when new. */
  async claim(id: string, fingerprint: string): Promise<IdempotencyEntry | null> {
    const key = this.keyOf(id)
    const entry: IdempotencyEntry = { state: 'busy', fingerprint, acknowledged: 'none' }
    const before = await this.ask(client =>
      client.eval(CLAIM, 1, key, JSON.stringify(entry), BUSY_MS, fingerprint),
    )
    if (before === null) return null
    const [isOpen, text] = before as [number, string | null]
    if (isOpen === 1) this.hold(key)
    return text === null ? null : decodeEntry(text)
  }

  async settle(id: string, entry: IdempotencyEntry, windowMs: number): Promise<void> {
    const key = this.keyOf(id)
    this.busy.delete(key)
    await this.ask(client => client.set(key, JSON.stringify(entry), 'PX', windowMs))
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    if (this.renewing !== null) clearInterval(this.renewing)
    const client = await this.connecting?.catch(() => null)
    client?.disconnect()
  }

  private keyOf(id: string): string {
    return `${this.options.prefix}:intake:once:${id}`
  }

  private hold(key: string): void {
    this.busy.add(key)
    this.renewing ??= setInterval(() => void this.renew(), RENEW_EVERY_MS).unref()
  }

  private async renew(): Promise<void> {
    if (this.busy.size === 0) return
    await this.ask(async client => {
      const pipeline = client.pipeline()
      for (const key of this.busy) pipeline.pexpire(key, BUSY_MS)
      await pipeline.exec()
    })
  }

  /** One that was closed while nobody asked is replaced before it is asked. */
  private async connected(): Promise<Redis> {
    const before = this.connecting
    if (before !== null) {
      const client = await before
      if (client.status === 'ready') return client
      if (this.connecting === before) this.connecting = null
    }
    this.connecting ??= connectRedis(this.options.url, 'logcollector-intake', this.stopping.signal)
    return this.connecting
  }

  /** Null where Redis does not answer. */
  private async ask<T>(question: (client: Redis) => Promise<T>): Promise<T | null> {
    if (this.stopping.signal.aborted || performance.now() < this.failedAtMs + RETRY_AFTER_MS) return null
    try {
      return await question(await this.connected())
    } catch {
      // Away is no failure here: each process knows its own keys until it is back.
      const broken = this.connecting
      this.connecting = null
      this.failedAtMs = performance.now()
      void broken?.then(client => client.disconnect()).catch(() => undefined)
      return null
    }
  }
}

/** Null, as if it were new, for a value that this version does not understand. */
export function decodeEntry(text: string): IdempotencyEntry | null {
  try {
    const entry = JSON.parse(text) as IdempotencyEntry | null
    const isKnown = entry?.state === 'busy' || entry?.state === 'settled'
    const isWhole = typeof entry?.fingerprint === 'string' && typeof entry.acknowledged === 'string'
    return isKnown && isWhole ? entry : null
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

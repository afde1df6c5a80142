/**
 * Answers that many ask for, kept in Redis: one asker fills while the others wait, in this process and in all others.
 * Whatever Redis does, everybody gets an answer: at worst each process asks Postgres itself. How long an answer is good:
 * plan.ts, versions.ts. docs/cache.md tells the whole.
 */
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Emit } from '../../events.ts'
import type { Cached, Question } from '../../query/cached.ts'
import { RedisLink } from '../link.ts'
import { Flights } from './flights.ts'
import { type CacheKeys, cacheKeysOf, hashOf, keepAnswer, newToken, readTokens, unlock } from './keys.ts'
import { type Plan, planOf } from './plan.ts'

export interface QueryCacheOptions {
  /** Empty: no Redis; equal questions of this process at the same moment still cost one query. */
  readonly url: string
  readonly prefix: string
  /** Of the database that is asked, and of the shape of its answers: whatever two processes must agree in to share. */
  readonly identity: string
  /** Of all answers in Redis together, bytes. */
  readonly budgetBytes: number
  readonly emit: Emit
}

/**
 * hit: kept in Redis. stale: kept, a little too old, and being filled again. waited: another process filled it.
 * shared: another caller of this process was asking. filled: asked Postgres. bypassed: the same, past Redis.
 */
export type CacheOutcome = 'hit' | 'stale' | 'waited' | 'shared' | 'filled' | 'bypassed'

/** Larger answers are not kept. */
const MOST_ANSWER_BYTES = 256 * 1024
/** A filler that has said nothing for so long is taken for dead. */
const LOCK_MS = 10_000
const LOOK_EVERY_MS = 50
/** So slow to fill that a second-hand answer is better than the wait. */
const SLOW_FILL_MS = 200

/** Another process has the lock. */
const TAKEN = Symbol('taken')
type Lock = string | typeof TAKEN | null

type Fill<T> = (signal: AbortSignal) => Promise<T>

/** As it stands in Redis: ms for which it may be given out while it is filled again, then the answer as JSON. */
interface Found {
  readonly isStale: boolean
  readonly json: string
}

export class QueryCache {
  private readonly options: QueryCacheOptions
  private readonly keys: CacheKeys
  private readonly link: RedisLink
  private readonly flights = new Flights()
  private readonly closing = new AbortController()
  private filling = 0
  private waiting = 0

  constructor(options: QueryCacheOptions) {
    this.options = options
    // Every answer that is being renewed listens.
    setMaxListeners(0, this.closing.signal)
    this.keys = cacheKeysOf(options.prefix)
    this.link = new RedisLink({
      url: options.url,
      name: 'logcollector-cache',
      onFailed: error => options.emit('redis:cache:failed', { error }),
      onRecovered: () => options.emit('redis:cache:recovered', {}),
    })
  }

  /** Answers that Postgres is being asked for now, and those that another process asks for; whether Redis is there. */
  get load(): { readonly filling: number; readonly waiting: number; readonly isUp: boolean | null } {
    const { filling, link, waiting } = this
    return { filling, waiting, isUp: this.options.url === '' ? null : link.isUp }
  }

  /** Resolves when Redis is there, or cannot be reached now. */
  start(): Promise<void> {
    return this.link.connect()
  }

  async stop(): Promise<void> {
    this.closing.abort()
    this.link.close()
  }

  readonly cached: Cached = (question, fill, caller) => {
    const plan = planOf(question, Date.now(), this.options.identity)
    if (this.flights.has(plan.address)) this.tell(question, 'shared')
    return this.flights.share(plan.address, signal => this.answer(question, plan, fill, signal), caller)
  }

  private async answer<T>(question: Question, plan: Plan, fill: Fill<T>, signal: AbortSignal): Promise<T> {
    const address = await this.link.run(client => this.addressOf(client, plan))
    const found = address === null ? null : await this.find(address)
    if (address === null) {
      this.tell(question, 'bypassed')
      return (await this.ask(question, fill, signal)).result
    }
    if (found === null) return this.fillOnce(question, plan, address, fill, signal)
    this.tell(question, found.isStale ? 'stale' : 'hit')
    if (found.isStale) this.refresh(question, plan, address, fill)
    return JSON.parse(found.json) as T
  }

  /** Where the answer is kept: under the tokens that its range has now. */
  private async addressOf(client: Redis, { address, tokens }: Plan): Promise<string> {
    if (tokens === null) return address
    return hashOf([address, ...(await readTokens(client, this.keys, tokens))].join(' '))
  }

  private async find(hash: string): Promise<Found | null> {
    const key = this.keys.answer(hash)
    const read = await this.link.run(client => Promise.all([client.get(key), client.pttl(key)]))
    const [text, leftMs] = read ?? [null, 0]
    if (text === null) return null
    const at = text.indexOf(' ')
    return { isStale: leftMs < Number(text.slice(0, at)), json: text.slice(at + 1) }
  }

  /** Goes on after the caller has got the old answer. */
  private refresh<T>(question: Question, plan: Plan, hash: string, fill: Fill<T>): void {
    const work = async (signal: AbortSignal): Promise<void> => {
      const lock = await this.lock(hash)
      if (typeof lock === 'string') await this.fillAndKeep(question, plan, hash, lock, fill, signal)
    }
    // Whoever asks next meets the same error.
    this.flights.share(`refresh ${hash}`, work, this.closing.signal).catch(() => undefined)
  }

  private async fillOnce<T>(
    question: Question,
    plan: Plan,
    hash: string,
    fill: Fill<T>,
    signal: AbortSignal,
  ): Promise<T> {
    let lock = await this.lock(hash)
    if (lock === TAKEN) {
      const given = await this.waitFor(hash, signal)
      if (typeof given === 'object' && given !== null) {
        this.tell(question, 'waited')
        return JSON.parse(given.json) as T
      }
      lock = given
    }
    const held = typeof lock === 'string' ? lock : null
    this.tell(question, held === null ? 'bypassed' : 'filled')
    if (held !== null) return this.fillAndKeep(question, plan, hash, held, fill, signal)
    return (await this.ask(question, fill, signal)).result
  }

  /** What another process has filled, or, where it fails to, the lock as it is then. */
  private async waitFor(hash: string, signal: AbortSignal): Promise<Found | Lock> {
    const deadline = performance.now() + LOCK_MS
    let lock: Lock = TAKEN
    this.waiting += 1
    try {
      while (lock === TAKEN && performance.now() < deadline) {
        await delay(LOOK_EVERY_MS, null, { signal })
        const found = await this.find(hash)
        if (found !== null) return found
        // The filler may have failed, or its answer is too large to keep.
        lock = await this.lock(hash)
      }
      return lock
    } finally {
      this.waiting -= 1
    }
  }

  /** Null: Redis is away or refuses to be written. */
  private lock(hash: string): Promise<Lock> {
    const lock = newToken()
    return this.link.run(async client => {
      const answer = await client.set(this.keys.lock(hash), lock, 'PX', LOCK_MS, 'NX')
      return answer === null ? TAKEN : lock
    })
  }

  /** Asks Postgres; with how long that took. */
  private async ask<T>(
    { name }: Question,
    fill: Fill<T>,
    signal: AbortSignal,
  ): Promise<{ result: T; durationMs: number }> {
    const startedAt = performance.now()
    this.filling += 1
    try {
      const result = await fill(signal)
      const durationMs = performance.now() - startedAt
      this.options.emit('query:cache:filled', { name, durationMs })
      return { result, durationMs }
    } finally {
      this.filling -= 1
    }
  }

  private async fillAndKeep<T>(
    question: Question,
    plan: Plan,
    hash: string,
    lock: string,
    fill: Fill<T>,
    signal: AbortSignal,
  ): Promise<T> {
    let asked: { result: T; durationMs: number }
    try {
      asked = await this.ask(question, fill, signal)
    } catch (error) {
      await this.link.run(client => unlock(client, this.keys, hash, lock))
      throw error
    }
    await this.keep(plan, hash, lock, JSON.stringify(asked.result), asked.durationMs)
    return asked.result
  }

  private async keep(plan: Plan, hash: string, lock: string, json: string, fillMs: number): Promise<void> {
    const { budgetBytes } = this.options
    const isSlow = plan.tokens === null && fillMs > SLOW_FILL_MS
    const staleMs = isSlow ? plan.ttlMs : 0
    const text = `${staleMs} ${json}`
    const isKept = Buffer.byteLength(text) <= Math.min(MOST_ANSWER_BYTES, budgetBytes)
    const ttlMs = plan.ttlMs + staleMs
    await this.link.run(client =>
      isKept
        ? keepAnswer(client, this.keys, { hash, text, ttlMs, budgetBytes, lock })
        : unlock(client, this.keys, hash, lock),
    )
  }

  private tell({ name }: Question, outcome: CacheOutcome): void {
    this.options.emit('query:cache:answered', { name, outcome })
  }
}

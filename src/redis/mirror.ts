/**
 * Copies positions, lag and bytes in flight to Redis, for other processes to see; nobody reads a position from there.
 * It takes its facts from the engine's snapshot by a timer of its own, so that nothing of Redis ever reaches the data
 * path. Neighbours: connection.ts (time limits), keys.ts (what is written), reader.ts (the other side).
 *
 *   away ──► connected ──► away …       ──► stopped
 */
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type ChainableCommander, type Redis, ReplyError } from 'ioredis'
import type { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { MirrorSnapshot, PartitionSnapshot, PressureSnapshot } from '../snapshot.ts'
import { Modes, type Transitions } from '../supervisor/modes.ts'
import { Signal } from '../supervisor/signal.ts'
import { connectRedis, redisError } from './connection.ts'
import { encodeEntry, fieldOf, keysOf, type MirrorKeys, markOf } from './keys.ts'
import { writePressure } from './pressure.ts'

export interface MirrorDeps {
  readonly url: string
  readonly prefix: string
  readonly groupId: string
  /** Name of this process, unique among all. */
  readonly instance: string
  readonly partitions: () => readonly PartitionSnapshot[]
  readonly pressure: () => PressureSnapshot
  readonly emit: Emit
}

type MirrorMode = 'away' | 'connected' | 'stopped'
const transitions: Transitions<MirrorMode> = {
  away: ['connected', 'stopped'],
  connected: ['away', 'stopped'],
  stopped: [],
}

const WRITE_EVERY_MS = 250
/** Every so many turns all is written, changed or not: what was flushed is back within a second. */
const TURNS_PER_FULL_WRITE = 3
/** An instance that wrote nothing for so long counts as dead. */
const INSTANCE_TTL_MS = 3_000
/** So long after the last instance the whole mirror is gone. */
const MIRROR_TTL_MS = 60_000

/** Removes fields unless another instance has written them meanwhile. ARGV: our mark, fields. */
const REMOVE_OURS = `for i = 2, #ARGV do
  local value = redis.call('HGET', KEYS[1], ARGV[i])
  if value and string.find(value, ARGV[1], 1, true) then redis.call('HDEL', KEYS[1], ARGV[i]) end
end`

/** A name for this process that no other has, also where every container's process has the same number. */
export const instanceName = (): string => `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`

export class Mirror {
  private readonly deps: MirrorDeps
  private readonly keys: MirrorKeys
  private readonly modes = new Modes<MirrorMode>('mirror', transitions, 'away')
  private readonly news = new Signal()
  private readonly stopping = new AbortController()
  private readonly startedAt = Date.now()
  private client: Redis | null = null
  /** What Redis has of ours as far as we know, by field; null: written, outcome unknown. */
  private written = new Map<string, string | null>()
  private turn = 0
  private isKeyForeign = false
  private trouble: PipelineError | null = null
  private isUp = false
  private lastWriteAt: number | null = null
  private loop: Promise<void> | null = null

  constructor(deps: MirrorDeps) {
    this.deps = deps
    this.keys = keysOf(deps.prefix, deps.groupId)
  }

  start(): void {
    this.loop = this.run()
  }

  snapshot(): MirrorSnapshot {
    return {
      mode: this.modes.now,
      isUp: this.isUp,
      instance: this.deps.instance,
      lastWriteAgeMs: this.lastWriteAt === null ? null : performance.now() - this.lastWriteAt,
      trouble: this.trouble?.message ?? null,
    }
  }

  /** Takes what is ours out of the mirror and closes, within half a second. May be called twice. */
  async stop(): Promise<void> {
    if (this.modes.is('stopped')) return
    this.stopping.abort()
    this.news.raise()
    await this.loop
    // What cannot be removed expires.
    if (this.client !== null) await this.farewell(this.client).catch(error => this.failed(error))
    this.client?.disconnect()
    this.client = null
    this.modes.set('stopped')
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const startedAt = performance.now()
      try {
        if (this.client === null) await this.connect()
        else await this.write(this.client)
      } catch (error) {
        this.failed(error)
      }
      await this.news.wait(Math.max(0, WRITE_EVERY_MS - (performance.now() - startedAt)))
    }
  }

  private async connect(): Promise<void> {
    const { deps, stopping } = this
    this.client = await connectRedis(deps.url, 'logcollector-mirror', stopping.signal)
    this.modes.set('connected')
    this.turn = 0
    await this.write(this.client)
  }

  private async write(client: Redis): Promise<void> {
    const { deps, keys } = this
    const startedAt = performance.now()
    const present = new Map(deps.partitions().map(one => [fieldOf(one), encodeEntry(one, deps.instance)]))
    const gone = [...this.written.keys()].filter(field => !present.has(field))
    const isFull = this.turn % TURNS_PER_FULL_WRITE === 0
    const news = [...present].filter(([field, text]) => isFull || this.written.get(field) !== text)
    this.turn += 1
    if (!isFull && news.length + gone.length === 0) return
    const pipeline = client.pipeline()
    if (this.isKeyForeign) pipeline.del(keys.partitions, keys.pressure)
    if (news.length > 0) pipeline.hset(keys.partitions, ...news.flat())
    if (gone.length > 0) this.remove(pipeline, gone)
    pipeline.pexpire(keys.partitions, MIRROR_TTL_MS)
    if (isFull) writePressure(pipeline, keys.pressure, deps.instance, deps.pressure())
    pipeline.set(keys.instance(deps.instance), this.greeting(), 'PX', INSTANCE_TTL_MS)
    for (const [field] of news) this.written.set(field, null)
    await execute(pipeline)
    for (const [field, text] of news) this.written.set(field, text)
    for (const field of gone) this.written.delete(field)
    this.succeeded(present.size, performance.now() - startedAt)
  }

  private remove(pipeline: ChainableCommander, fields: readonly string[]): void {
    pipeline.eval(REMOVE_OURS, 1, this.keys.partitions, markOf(this.deps.instance), ...fields)
  }

  private greeting(): string {
    return JSON.stringify({ host: hostname(), pid: process.pid, started_at: this.startedAt, at: Date.now() })
  }

  private async farewell(client: Redis): Promise<void> {
    const pipeline = client.pipeline()
    if (this.written.size > 0) this.remove(pipeline, [...this.written.keys()])
    pipeline.del(this.keys.instance(this.deps.instance))
    pipeline.hdel(this.keys.pressure, this.deps.instance)
    await execute(pipeline)
  }

  private succeeded(partitions: number, durationMs: number): void {
    const now = performance.now()
    this.isKeyForeign = false
    this.trouble = null
    this.lastWriteAt = now
    this.deps.emit('redis:mirror:written', { partitions, durationMs })
    this.isUp = true
  }

  private failed(error: unknown): void {
    if (this.stopping.signal.aborted && this.client === null) return
    // Another type under our key makes every write fail for ever; keys under the prefix are ours to replace.
    this.isKeyForeign = error instanceof ReplyError && messageStarts(error, 'WRONGTYPE')
    if (!isServerAnswer(error)) this.leave()
    this.turn = 0
    this.isUp = false
    this.trouble = redisError(error)
    this.deps.emit('redis:mirror:failed', { error: this.trouble })
  }

  /** What was sent and not answered goes with the connection: one that stalls must not pile up. */
  private leave(): void {
    this.client?.disconnect()
    this.client = null
    this.modes.set('away')
  }
}

const messageStarts = (error: unknown, word: string): boolean =>
  error instanceof Error && error.message.startsWith(word)

/** The server is there and refuses: another connection would hear the same, unless it became a replica. */
const isServerAnswer = (error: unknown): boolean =>
  error instanceof ReplyError && !messageStarts(error, 'READONLY')

/** Resolves when every command succeeded; throws the first error otherwise. */
async function execute(pipeline: ChainableCommander): Promise<void> {
  const results = (await pipeline.exec()) ?? []
  const failure = results.find(([error]) => error !== null)
  if (failure) throw failure[0]
}

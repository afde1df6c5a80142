/**
 * The pressure of the group as whoever takes data in sees it: read once a second from Redis, from the process's own
 * consumer where Redis is away or silent, unknown where there is neither. For HTTP intake and `produce`.
 */
import type { Redis } from 'ioredis'
import type { PressureSnapshot } from '../snapshot.ts'
import { Signal } from '../supervisor/signal.ts'
import { connectRedis } from './connection.ts'
import { keysOf } from './keys.ts'
import { readPressure } from './pressure.ts'

export interface GaugeOptions {
  /** Empty: there is no Redis. */
  readonly url: string
  readonly prefix: string
  readonly groupId: string
  /** Further behind than this the pressure is high. */
  readonly maxLagMs: number
  /** Of this process; null: it consumes nothing. */
  readonly local: () => PressureSnapshot | null
}

export interface PressureReading {
  /** unknown: nobody says anything; lag and fill are 0 then. */
  readonly source: 'redis' | 'local' | 'unknown'
  readonly lagSeconds: number
  readonly arenaFill: number
  /** Take nothing more in; never where nothing is known: then Kafka is the buffer. */
  readonly isHigh: boolean
  /** For Retry-After: whole seconds, from 1 to 60. */
  readonly retryAfterSeconds: number
}

const READ_EVERY_MS = 1_000
const MOST_RETRY_SECONDS = 60

export class PressureGauge {
  private readonly options: GaugeOptions
  private readonly stopping = new AbortController()
  private readonly ending = new Signal()
  private client: Redis | null = null
  private group: PressureSnapshot | null = null
  private loop: Promise<void> | null = null

  constructor(options: GaugeOptions) {
    this.options = options
  }

  /** Resolves after the first reading, or when Redis did not answer within half a second. */
  async start(): Promise<void> {
    if (this.options.url === '') return
    await this.look()
    this.loop = this.run()
  }

  async stop(): Promise<void> {
    this.stopping.abort()
    this.ending.raise()
    await this.loop
    this.client?.disconnect()
    this.client = null
  }

  read(): PressureReading {
    const local = this.group === null ? this.options.local() : null
    const { lagSeconds, arenaFill } = this.group ?? local ?? { lagSeconds: 0, arenaFill: 0 }
    const over = lagSeconds - this.options.maxLagMs / 1000
    return {
      source: this.group !== null ? 'redis' : local !== null ? 'local' : 'unknown',
      lagSeconds,
      arenaFill,
      isHigh: over > 0,
      retryAfterSeconds: Math.min(MOST_RETRY_SECONDS, Math.max(1, Math.ceil(over))),
    }
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      await this.ending.wait(READ_EVERY_MS)
      if (!this.stopping.signal.aborted) await this.look()
    }
  }

  private async look(): Promise<void> {
    const { groupId, prefix, url } = this.options
    try {
      this.client ??= await connectRedis(url, 'logcollector-pressure', this.stopping.signal)
      this.group = await readPressure(this.client, keysOf(prefix, groupId).pressure)
    } catch {
      // Away is no failure here: the local view counts until it is back.
      this.client?.disconnect()
      this.client = null
      this.group = null
    }
  }
}

/**
 * A connection to Redis for those who can do without: made in the background, so that nobody waits for it, and left
 * alone for some seconds after a failure, so that an ill Redis costs one time-out. Neighbour: connection.ts.
 */
import { type Redis, ReplyError } from 'ioredis'
import type { PipelineError } from '../errors.ts'
import { connectRedis, redisError } from './connection.ts'

export interface LinkOptions {
  /** Empty: there is no Redis, and never will be. */
  readonly url: string
  /** As Redis' CLIENT LIST shows it. */
  readonly name: string
  /** Called once for each connection, before it is used. A rejection counts as a failure. */
  readonly onConnected?: (client: Redis) => Promise<void>
  /** A command or a connection failed. */
  readonly onFailed: (error: PipelineError) => void
  /** The first command or connection that succeeded after one that failed. */
  readonly onRecovered: () => void
}

/** After a failure nothing is tried for so long. */
export const OPEN_MS = 5_000

export class RedisLink {
  private readonly options: LinkOptions
  private readonly closing = new AbortController()
  private client: Redis | null = null
  private connecting: Promise<void> | null = null
  private retryAt = 0
  private isFailing = false

  constructor(options: LinkOptions) {
    this.options = options
  }

  get isUp(): boolean {
    return this.client?.status === 'ready'
  }

  /** Connects unless it is too soon. Resolves when that has succeeded or failed; never rejects. */
  connect(): Promise<void> {
    if (this.isUp || this.options.url === '' || this.closing.signal.aborted) return Promise.resolve()
    if (performance.now() < this.retryAt) return Promise.resolve()
    this.connecting ??= this.open().finally(() => {
      this.connecting = null
    })
    return this.connecting
  }

  private async open(): Promise<void> {
    const { name, onConnected, url } = this.options
    try {
      const client = await connectRedis(url, name, this.closing.signal)
      try {
        await onConnected?.(client)
      } catch (error) {
        client.disconnect()
        throw error
      }
      this.client = client
      this.succeeded()
    } catch (error) {
      this.failed(error)
    }
  }

  /** What `work` returns; null when Redis is not there now, or fails at it: within its time limit, 200 ms a command. */
  async run<T>(work: (client: Redis) => Promise<T>): Promise<T | null> {
    if (!this.isUp) {
      void this.connect()
      return null
    }
    try {
      const result = await work(this.client!)
      this.succeeded()
      return result
    } catch (error) {
      this.failed(error)
      return null
    }
  }

  private succeeded(): void {
    if (!this.isFailing) return
    this.isFailing = false
    this.options.onRecovered()
  }

  private failed(error: unknown): void {
    if (this.closing.signal.aborted) return
    this.isFailing = true
    // A refusal (no memory left) says nothing against the connection.
    if (!(error instanceof ReplyError)) {
      this.client?.disconnect()
      this.client = null
      this.retryAt = performance.now() + OPEN_MS
    }
    this.options.onFailed(redisError(error))
  }

  close(): void {
    this.closing.abort()
    this.client?.disconnect()
    this.client = null
  }
}

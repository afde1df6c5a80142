/**
 * A few connections that are handed out in turn. pg's own pool knows one server; this one gets its connections from
 * connect.ts, which finds the server that takes writes. Users: store/connection.ts, query/read-pool.ts.
 */
import type pg from 'pg'

export interface ClientPoolOptions {
  readonly max: number
  readonly open: () => Promise<pg.Client>
}

type Waiting = (client: pg.Client | null) => void

export class ClientPool {
  private readonly options: ClientPoolOptions
  private readonly idle: pg.Client[] = []
  /** Who wants a connection while all are in use: null says that there is room for a new one. */
  private readonly waiting: Waiting[] = []
  private size = 0
  private ending: (() => void) | null = null

  constructor(options: ClientPoolOptions) {
    this.options = options
  }

  /**
   * A connection that is the caller's until `release`; `release(true)` closes it. Rejects with the reason of `signal`
   * when it is aborted while all are in use.
   */
  async connect(signal?: AbortSignal): Promise<pg.PoolClient> {
    const client = this.idle.pop() ?? (await this.next(signal))
    return Object.assign(client, {
      release: (isBroken?: Error | boolean) => this.giveBack(client, Boolean(isBroken)),
    }) as unknown as pg.PoolClient
  }

  private async next(signal?: AbortSignal): Promise<pg.Client> {
    if (this.size >= this.options.max) {
      const freed = await this.turn(signal)
      if (freed !== null) return freed
    }
    this.size += 1
    try {
      const client = await this.options.open()
      client.once('end', () => this.forget(client))
      return client
    } catch (error) {
      this.left()
      throw error
    }
  }

  private turn(signal: AbortSignal | undefined): Promise<pg.Client | null> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.waiting.splice(this.waiting.indexOf(take), 1)
        reject(signal?.reason)
      }
      const take: Waiting = client => {
        signal?.removeEventListener('abort', leave)
        resolve(client)
      }
      this.waiting.push(take)
      signal?.addEventListener('abort', leave, { once: true })
    })
  }

  private giveBack(client: pg.Client, isBroken: boolean): void {
    if (isBroken || this.ending !== null) {
      void close(client)
      return
    }
    const next = this.waiting.shift()
    if (next === undefined) this.idle.push(client)
    else next(client)
  }

  /** It was closed, by us or by the server. */
  private forget(client: pg.Client): void {
    const at = this.idle.indexOf(client)
    if (at !== -1) this.idle.splice(at, 1)
    this.left()
  }

  private left(): void {
    this.size -= 1
    if (this.size === 0) this.ending?.()
    this.waiting.shift()?.(null)
  }

  /** Closes what is idle, and waits for the rest to be given back. */
  async end(): Promise<void> {
    const ended = new Promise<void>(resolve => {
      this.ending = resolve
    })
    if (this.size === 0) return
    for (const client of this.idle.splice(0)) void close(client)
    await ended
  }
}

/** 'end' tells when it is done; a connection that broke has nothing left to end. */
const close = (client: pg.Client): Promise<void> => client.end().catch(() => undefined)

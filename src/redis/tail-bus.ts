/**
 * News of commits over Redis pub/sub: what cache/announcer.ts publishes reaches every process that follows. A message
 * may be lost, so it says where to look and no more: the ledger in Postgres is what counts.
 */
import type { Redis } from 'ioredis'
import type { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import { Signal } from '../supervisor/signal.ts'
import { RedisLink } from './link.ts'

/** One partition's share of a transaction. Times are µs since 1970, of the rows; null where it has none. */
export interface Announcement {
  readonly topic: string
  readonly partition: number
  readonly first_offset: number
  readonly next_offset: number
  readonly min_us: number | null
  readonly max_us: number | null
}

export const channelOf = (prefix: string): string => `${prefix}:commits`

export interface TailBusOptions {
  readonly url: string
  readonly prefix: string
  /** Something was committed. */
  readonly onNews: () => void
  readonly emit: Emit
}

const LOOK_EVERY_MS = 1_000

export class TailBus {
  private readonly link: RedisLink
  private readonly ending = new Signal()
  private stopping = false
  private loop: Promise<void> | null = null

  constructor({ url, prefix, onNews, emit }: TailBusOptions) {
    const subscribe = async (client: Redis): Promise<void> => {
      client.on('message', onNews)
      await client.subscribe(channelOf(prefix))
    }
    const onFailed = (error: PipelineError): void => emit('redis:tail:failed', { error })
    const onRecovered = (): void => emit('redis:tail:recovered', {})
    this.link = new RedisLink({
      url,
      name: 'logcollector-tail',
      onConnected: subscribe,
      onFailed,
      onRecovered,
    })
  }

  /** Messages come. */
  get isUp(): boolean {
    return this.link.isUp
  }

  start(): void {
    this.loop ??= this.run()
  }

  async stop(): Promise<void> {
    this.stopping = true
    this.ending.raise()
    await this.loop
    this.link.close()
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      await this.link.connect()
      await this.ending.wait(LOOK_EVERY_MS)
    }
  }
}

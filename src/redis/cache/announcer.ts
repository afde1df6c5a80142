/**
 * Tells all processes what was committed: replaces the tokens of the time that got rows, and publishes where they lie.
 * It has a loop and a connection of its own, so that the data path only ever adds to its memory, which is bounded.
 * Neighbours: versions.ts (tokens), ../tail-bus.ts (the other end of the publications).
 */

import type { Redis } from 'ioredis'
import type { Emit } from '../../events.ts'
import { Signal } from '../../supervisor/signal.ts'
import { RedisLink } from '../link.ts'
import { type Announcement, channelOf } from '../tail-bus.ts'
import { cacheKeysOf, replaceTokens } from './keys.ts'
import { epochKey, keysToReplace } from './versions.ts'

export interface AnnouncerOptions {
  readonly url: string
  readonly prefix: string
  readonly emit: Emit
}

/** Between two publications; the first one after a pause goes at once. */
const PUBLISH_EVERY_MS = 50
const TOKENS_EVERY_MS = 1_000
/** More are not told one by one: whoever follows reads the ledger. */
const MOST_ANNOUNCEMENTS = 1_000
/** More mean that the rows are from everywhere. */
const MOST_TOKENS = 2_000

export class Announcer {
  private readonly options: AnnouncerOptions
  private readonly link: RedisLink
  private readonly news = new Signal()
  private readonly tokens = new Set<string>()
  private announcements: Announcement[] = []
  private stopping = false
  private loop: Promise<void> | null = null
  private tokensAt = Number.NEGATIVE_INFINITY

  constructor(options: AnnouncerOptions) {
    this.options = options
    this.link = new RedisLink({
      url: options.url,
      name: 'logcollector-announcer',
      // What happened before, here or in an instance that died, nobody may have been told.
      onConnected: client => this.newEpoch(client),
      onFailed: error => options.emit('redis:announcer:failed', { error }),
      onRecovered: () => options.emit('redis:announcer:recovered', {}),
    })
  }

  start(): void {
    this.loop ??= this.run()
  }

  /** Says what it has not said yet, within half a second. */
  async stop(): Promise<void> {
    this.stopping = true
    this.news.raise()
    await this.loop
    this.link.close()
  }

  /** A position moved with its rows. Never waits. */
  committed(announcement: Announcement): void {
    const { max_us, min_us } = announcement
    if (this.announcements.length < MOST_ANNOUNCEMENTS) this.announcements.push(announcement)
    if (min_us !== null && max_us !== null) this.touch(min_us / 1000, max_us / 1000)
    this.news.raise()
  }

  /** Partitions came: whoever had them before may have died without a word. */
  assigned(): void {
    this.tokens.add(epochKey)
    this.news.raise()
  }

  private touch(minMs: number, maxMs: number): void {
    if (this.tokens.size >= MOST_TOKENS) {
      this.tokens.clear()
      this.tokens.add(epochKey)
    }
    for (const name of keysToReplace(minMs, maxMs)) this.tokens.add(name)
  }

  private newEpoch(client: Redis): Promise<void> {
    this.tokens.clear()
    return this.write(client, [epochKey], [])
  }

  private async run(): Promise<void> {
    while (!this.stopping) {
      const hasTokens = this.tokens.size > 0
      const dueMs = Math.max(PUBLISH_EVERY_MS, this.tokensAt + TOKENS_EVERY_MS - performance.now())
      await this.news.wait(hasTokens ? dueMs : undefined)
      await this.flush()
      if (!this.stopping) await new Promise(resolve => setTimeout(resolve, PUBLISH_EVERY_MS))
    }
    await this.flush()
  }

  private async flush(): Promise<void> {
    await this.link.connect()
    const { announcements } = this
    const isDue = this.stopping || performance.now() >= this.tokensAt + TOKENS_EVERY_MS
    const names = isDue ? [...this.tokens] : []
    this.announcements = []
    if (announcements.length + names.length === 0) return
    for (const name of names) this.tokens.delete(name)
    if (names.length > 0) this.tokensAt = performance.now()
    const isWritten = await this.link.run(async client => {
      await this.write(client, names, announcements)
      return true
    })
    if (!isWritten) this.lost()
  }

  /** What was to be said is lost; a new epoch says it all, once Redis takes it. */
  private lost(): void {
    this.tokens.clear()
    this.tokens.add(epochKey)
  }

  private async write(client: Redis, names: readonly string[], news: readonly Announcement[]): Promise<void> {
    const { prefix } = this.options
    const pipeline = client.pipeline()
    replaceTokens(pipeline, cacheKeysOf(prefix), names)
    if (news.length > 0) pipeline.publish(channelOf(prefix), JSON.stringify(news))
    const failed = (await pipeline.exec())?.find(([error]) => error !== null)
    if (failed) throw failed[0]
  }
}

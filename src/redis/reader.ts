/**
 * Reads the mirror that other processes write (mirror.ts). What it says is a copy, a moment old, and only as good as
 * the instances behind it are alive: positions are never taken from here.
 */
import type { Redis } from 'ioredis'
import type { PressureSnapshot } from '../snapshot.ts'
import { connectRedis, redisError } from './connection.ts'
import { keysOf, type MirrorEntry } from './keys.ts'
import { readPressure } from './pressure.ts'

export interface MirrorReaderOptions {
  readonly url: string
  readonly prefix: string
  readonly groupId: string
}

export interface MirroredPartition extends MirrorEntry {
  readonly topic: string
  readonly partition: number
  /** Its instance wrote within the last seconds. */
  readonly isFresh: boolean
}

export class MirrorReader {
  private readonly options: MirrorReaderOptions
  private client: Redis | null = null

  constructor(options: MirrorReaderOptions) {
    this.options = options
  }

  /** Every partition in the mirror. @throws PipelineError REDIS_UNAVAILABLE, within a second */
  async read(): Promise<MirroredPartition[]> {
    const { groupId, prefix, url } = this.options
    const keys = keysOf(prefix, groupId)
    try {
      this.client ??= await connectRedis(url, 'logcollector-lag')
      const fields = Object.entries(await this.client.hgetall(keys.partitions))
      const entries = fields.flatMap(([field, text]) => decode(field, text))
      const names = [...new Set(entries.map(({ instance }) => instance))]
      const marks = names.length === 0 ? [] : await this.client.mget(names.map(keys.instance))
      const alive = new Set(names.filter((_, index) => marks[index] !== null))
      return entries.map(entry => ({ ...entry, isFresh: alive.has(entry.instance) }))
    } catch (error) {
      this.close()
      throw redisError(error)
    }
  }

  /** The greatest of the group's consumers; null: none is alive. @throws PipelineError REDIS_UNAVAILABLE */
  async pressure(): Promise<PressureSnapshot | null> {
    const { groupId, prefix, url } = this.options
    try {
      this.client ??= await connectRedis(url, 'logcollector-lag')
      return await readPressure(this.client, keysOf(prefix, groupId).pressure)
    } catch (error) {
      this.close()
      throw redisError(error)
    }
  }

  close(): void {
    this.client?.disconnect()
    this.client = null
  }
}

/** Nothing for a field that this version does not understand. */
function decode(field: string, text: string): Omit<MirroredPartition, 'isFresh'>[] {
  const [, topic, number] = /^(.+)\/(\d+)$/.exec(field) ?? []
  try {
    const entry = JSON.parse(text) as MirrorEntry
    if (topic === undefined || typeof entry?.instance !== 'string') return []
    return [{ ...entry, topic, partition: Number(number) }]
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

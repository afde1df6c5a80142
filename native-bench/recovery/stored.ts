/** How much is stored at any moment, asked again and again of a server that may be away. */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'

interface Sample {
  /** By performance.now(). */
  readonly at: number
  readonly rows: number
}

const EVERY_MS = 10
const PATIENCE_MS = 120_000
const STORED = 'select coalesce(sum(next_offset - start_offset), 0)::float8 as rows from logcollector.offsets'

export class Stored {
  private readonly samples: Sample[] = []
  private readonly url: string
  private client: pg.Client | null = null
  private isEnding = false
  private readonly loop: Promise<void>

  constructor(url: string) {
    this.url = url
    this.loop = this.look()
  }

  private async look(): Promise<void> {
    while (!this.isEnding) {
      try {
        this.client ??= await this.connect()
        const { rows } = await this.client.query<{ rows: number }>(STORED)
        this.samples.push({ at: performance.now(), rows: rows[0]!.rows })
      } catch {
        // The server is away: that is what is measured.
        await this.client?.end().catch(() => undefined)
        this.client = null
      }
      await delay(EVERY_MS)
    }
    await this.client?.end().catch(() => undefined)
  }

  private async connect(): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, connectionTimeoutMillis: 1_000 })
    client.on('error', () => undefined)
    await client.connect()
    return client
  }

  /** Rows a second over the last so many ms; null while there are not so many. */
  rate(overMs: number): number | null {
    const last = this.samples.at(-1)
    const first = this.samples.findLast(({ at }) => last !== undefined && at <= last.at - overMs)
    if (last === undefined || first === undefined) return null
    return ((last.rows - first.rows) * 1000) / (last.at - first.at)
  }

  get rows(): number {
    return this.samples.at(-1)?.rows ?? 0
  }

  /** When this first held, by performance.now(). */
  async when(condition: () => boolean, what: string): Promise<number> {
    const deadline = performance.now() + PATIENCE_MS
    while (performance.now() < deadline) {
      const last = this.samples.at(-1)
      if (last !== undefined && condition()) return last.at
      await delay(EVERY_MS / 2)
    }
    throw new Error(`${what}: not in ${PATIENCE_MS} ms`)
  }

  async end(): Promise<void> {
    this.isEnding = true
    await this.loop
  }
}

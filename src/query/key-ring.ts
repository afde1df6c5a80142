/**
 * The valid API keys, read whole and anew every few seconds, so that a request with a wrong key costs Postgres
 * nothing. While Postgres is away the last reading counts.
 */
import type { ReadPool } from './read-pool.ts'

export interface ValidKey {
  readonly id: string
  /** SHA-256 of the secret. */
  readonly hash: Buffer
  readonly scopes: readonly string[]
}

/** How long a revoked key may be accepted, and how long a new one may not be. */
const MOST_AGE_MS = 2_000

export class KeyRing {
  private readonly pool: ReadPool
  private keys: ReadonlyMap<string, ValidKey> | null = null
  private readAtMs = Number.NEGATIVE_INFINITY
  private reading: Promise<void> | null = null

  constructor(pool: ReadPool) {
    this.pool = pool
  }

  /** @throws PipelineError POSTGRES_* before the first reading succeeded */
  async find(id: string): Promise<ValidKey | null> {
    if (performance.now() - this.readAtMs > MOST_AGE_MS) {
      this.reading ??= this.read().finally(() => {
        this.reading = null
      })
      await (this.keys === null ? this.reading : this.reading.catch(() => undefined))
    }
    return this.keys?.get(id) ?? null
  }

  private async read(): Promise<void> {
    const begin = performance.now()
    const keys = await this.pool.use('read API keys', new AbortController().signal, db =>
      db.rows<ValidKey>(
        'read API keys',
        'select id, hash, scopes from api_keys where revoked_at is null',
        [],
      ),
    )
    this.keys = new Map(keys.map(key => [key.id, key]))
    this.readAtMs = begin
  }
}

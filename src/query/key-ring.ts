/**
 * The valid API keys, read whole and anew every few seconds, so that a request with a wrong key costs Postgres
 * nothing. While Postgres is away the last reading counts.
 */
import { PipelineError } from '../errors.ts'
import type { ReadPool } from './read-pool.ts'

export interface ValidKey {
  readonly id: string
  /** SHA-256 of the secret. */
  readonly hash: Buffer
  readonly scopes: readonly string[]
}

/** How long a revoked key may be accepted, and how long a new one may not be. */
const MOST_AGE_MS = 2_000

const TASK = 'read API keys'

/** Whoever is told has shown no key yet: addresses and names of roles are none of their business. */
function withoutReason(error: unknown): never {
  const code = error instanceof PipelineError ? error.code : 'POSTGRES_UNAVAILABLE'
  throw new PipelineError(code, { task: TASK }, error)
}

export class KeyRing {
  private readonly pool: ReadPool
  private keys: ReadonlyMap<string, ValidKey> | null = null
  private readAtMs = Number.NEGATIVE_INFINITY
  private failedAtMs = Number.NEGATIVE_INFINITY
  private reading: Promise<void> | null = null

  constructor(pool: ReadPool) {
    this.pool = pool
  }

  /** @throws PipelineError POSTGRES_* before the first reading succeeded */
  async find(id: string): Promise<ValidKey | null> {
    const sinceMs = performance.now() - MOST_AGE_MS
    // Known keys need not wait for a Postgres that did not answer just now.
    const isDue = this.readAtMs < sinceMs && (this.keys === null || this.failedAtMs < sinceMs)
    if (isDue) {
      this.reading ??= this.read().finally(() => {
        this.reading = null
      })
      await (this.keys === null ? this.reading : this.reading.catch(() => this.failed()))
    }
    return this.keys?.get(id) ?? null
  }

  private failed(): void {
    this.failedAtMs = performance.now()
  }

  private async read(): Promise<void> {
    const begin = performance.now()
    const keys = await this.pool
      .use(TASK, new AbortController().signal, db =>
        db.rows<ValidKey>(TASK, 'select id, hash, scopes from api_keys where revoked_at is null', []),
      )
      .catch(withoutReason)
    this.keys = new Map(keys.map(key => [key.id, key]))
    this.readAtMs = begin
  }
}

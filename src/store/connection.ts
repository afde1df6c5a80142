/**
 * Postgres connections of the store, and the one place where its errors become ours. Neighbour: sink/classify.ts,
 * which decides about the errors of a COPY transaction.
 */
import pg from 'pg'
import { messageOf, PipelineError } from '../errors.ts'
import { connectClient } from '../postgres/connect.ts'
import { ClientPool } from '../postgres/pool.ts'

export interface PostgresOptions {
  readonly url: string
  readonly connectTimeoutMs: number
  /** 'write' unless told: a server that takes none is passed over. */
  readonly access?: 'write' | 'read'
}

const MOST_CONNECTIONS = 2
const STATEMENT_TIMEOUT_MS = 30_000
/** The server's own time-out comes first. */
const GRACE_MS = 5_000

/** SQLSTATE of a database error, or null for what never reached the server. */
export const sqlstateOf = (error: unknown): string | null =>
  error instanceof pg.DatabaseError && error.code !== undefined ? error.code : null

/** Schema, database or privilege is missing: an administrator has to act. */
const NOT_READY_CLASSES = new Set(['42', '28', '3D', '3F', '0A'])

const DISK_FULL = '53100'

export function storeError(error: unknown, task: string): PipelineError {
  if (error instanceof PipelineError) return error
  const sqlstate = sqlstateOf(error)
  const reason = messageOf(error)
  if (sqlstate === null) return new PipelineError('POSTGRES_UNAVAILABLE', { task, reason }, error)
  return new PipelineError(codeOf(sqlstate), { task, sqlstate, reason }, error)
}

function codeOf(sqlstate: string): 'POSTGRES_NOT_READY' | 'POSTGRES_FULL' | 'POSTGRES_TRANSIENT' {
  if (NOT_READY_CLASSES.has(sqlstate.slice(0, 2))) return 'POSTGRES_NOT_READY'
  return sqlstate === DISK_FULL ? 'POSTGRES_FULL' : 'POSTGRES_TRANSIENT'
}

/**
 * A few connections for short statements (claims, segments, comparisons): never for COPY. Time is UTC and statements
 * end by themselves, so that a lock elsewhere cannot hold up the caller for ever.
 */
export class StorePool {
  private readonly pool: ClientPool

  constructor({ url, connectTimeoutMs, access = 'write' }: PostgresOptions) {
    const open = async () => {
      const { client } = await connectClient({
        url,
        name: 'logcollector store',
        connectTimeoutMs,
        access,
        settings: { statement_timeout: String(STATEMENT_TIMEOUT_MS) },
        queryTimeoutMs: STATEMENT_TIMEOUT_MS + GRACE_MS,
        checksPooling: true,
      })
      return client
    }
    this.pool = new ClientPool({ max: MOST_CONNECTIONS, open })
  }

  async query<Row extends pg.QueryResultRow>(
    task: string,
    sql: string,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    return this.transaction(task, async client => (await client.query<Row>(sql, [...values])).rows, false)
  }

  /** Runs `work` in a transaction whose COMMIT is flushed to disk. */
  async transaction<T>(
    task: string,
    work: (client: pg.PoolClient) => Promise<T>,
    explicit = true,
  ): Promise<T> {
    let client: pg.PoolClient
    try {
      client = await this.pool.connect()
    } catch (error) {
      throw storeError(error, task)
    }
    let broken = true
    try {
      if (explicit) await client.query('begin; set local synchronous_commit = on')
      const result = await work(client)
      if (explicit) await client.query('commit')
      broken = false
      return result
    } catch (error) {
      throw storeError(error, task)
    } finally {
      client.release(broken)
    }
  }

  async end(): Promise<void> {
    await this.pool.end()
  }
}

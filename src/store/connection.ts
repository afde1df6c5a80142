/**
 * Postgres connections of the store, and the one place where its errors become ours. Neighbour: sink/classify.ts,
 * which decides about the errors of a COPY transaction.
 */
import pg from 'pg'
import { messageOf, PipelineError } from '../errors.ts'

export interface PostgresOptions {
  readonly url: string
  readonly connectTimeoutMs: number
}

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
  private readonly pool: pg.Pool

  constructor({ url, connectTimeoutMs }: PostgresOptions) {
    this.pool = new pg.Pool({
      connectionString: url,
      max: 2,
      connectionTimeoutMillis: connectTimeoutMs,
      statement_timeout: 30_000,
      query_timeout: 35_000,
      application_name: 'logcollector store',
      options: '-c search_path=logcollector,pg_catalog -c timezone=UTC',
    })
    // An idle connection that breaks is replaced at its next use; the statement that meets a broken one fails by itself.
    this.pool.on('error', () => undefined)
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
    // pg drops the listener of a checked-out client: without one, a cut connection would end the process.
    const onError = () => undefined
    client.on('error', onError)
    try {
      if (explicit) await client.query('begin; set local synchronous_commit = on')
      const result = await work(client)
      if (explicit) await client.query('commit')
      broken = false
      return result
    } catch (error) {
      throw storeError(error, task)
    } finally {
      client.off('error', onError)
      client.release(broken)
    }
  }

  async end(): Promise<void> {
    await this.pool.end()
  }
}

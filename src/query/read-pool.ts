/**
 * The connections of the reads: bounded, read-only, and a statement ends at its time-out or when nobody waits for it
 * any more. What would wait too long is refused at once.
 */
import pg from 'pg'
import { PipelineError } from '../errors.ts'
import { queryError } from './failure.ts'

export interface ReadPoolOptions {
  readonly url: string
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly connections: number
  /** Most reads that wait for a connection. */
  readonly queue: number
}

/** One connection, for the statements of one read. */
export interface Db {
  rows<Row extends object>(task: string, sql: string, values: readonly unknown[]): Promise<Row[]>
}

export interface Lease {
  readonly db: Db
  /** @param isBroken the connection may be in the middle of something: it is not used again */
  end(isBroken: boolean): Promise<void>
}

/** A reader that stands still in the middle of a transaction keeps Postgres from cleaning up. */
const IDLE_IN_TRANSACTION_MS = 60_000
const SESSION = [
  'search_path=logcollector,pg_catalog',
  'timezone=UTC',
  'default_transaction_read_only=on',
  // Compiling takes longer than these queries do.
  'jit=off',
  `idle_in_transaction_session_timeout=${IDLE_IN_TRANSACTION_MS}`,
]
const IDLE_MS = 30_000

export class ReadPool {
  private readonly pool: pg.Pool
  /** One connection, so that a cancellation never waits for the queries it is to end. */
  private readonly canceller: pg.Pool
  private readonly most: number
  private inUse = 0

  constructor(options: ReadPoolOptions) {
    const { url, connections, queue, connectTimeoutMs, statementTimeoutMs } = options
    const common = { connectionString: url, connectionTimeoutMillis: connectTimeoutMs }
    this.most = connections + queue
    this.pool = new pg.Pool({
      ...common,
      max: connections,
      idleTimeoutMillis: IDLE_MS,
      application_name: 'logcollector api',
      statement_timeout: statementTimeoutMs,
      options: SESSION.map(setting => `-c ${setting}`).join(' '),
    })
    this.canceller = new pg.Pool({ ...common, max: 1, application_name: 'logcollector api cancel' })
    // An idle connection that breaks is replaced at its next use; a statement that meets a broken one says so itself.
    for (const pool of [this.pool, this.canceller]) pool.on('error', () => undefined)
  }

  /** @throws PipelineError API_BUSY, QUERY_CANCELLED, QUERY_TIMEOUT, POSTGRES_* */
  async use<T>(task: string, signal: AbortSignal, work: (db: Db) => Promise<T>): Promise<T> {
    const lease = await this.lease(task, signal)
    let isBroken = true
    try {
      const result = await work(lease.db)
      isBroken = false
      return result
    } finally {
      await lease.end(isBroken)
    }
  }

  /** A connection until `end` is called, which must be. @throws PipelineError API_BUSY, QUERY_CANCELLED, POSTGRES_* */
  async lease(task: string, signal: AbortSignal): Promise<Lease> {
    if (this.inUse >= this.most) throw new PipelineError('API_BUSY', { most: this.most })
    this.inUse += 1
    try {
      return this.leaseOf(await this.pool.connect(), signal)
    } catch (error) {
      this.inUse -= 1
      throw queryError(error, task, signal.aborted)
    }
  }

  private leaseOf(client: pg.PoolClient, signal: AbortSignal): Lease {
    let cancelling: Promise<void> | null = null
    const cancel = (): void => {
      cancelling = this.cancel(client)
    }
    // pg drops the listener of a checked-out client: without one, a cut connection would end the process.
    const onError = (): void => undefined
    client.on('error', onError)
    signal.addEventListener('abort', cancel, { once: true })
    return {
      db: { rows: (task, sql, values) => rowsOf(client, signal, { task, sql, values }) },
      end: async isBroken => {
        signal.removeEventListener('abort', cancel)
        // A late cancellation must not hit whoever has the connection next.
        await cancelling
        client.off('error', onError)
        client.release(isBroken)
        this.inUse -= 1
      },
    }
  }

  /** Where it cannot be told, the statement's time-out ends it. */
  private async cancel(client: pg.PoolClient): Promise<void> {
    const { processID } = client as unknown as { processID: number }
    await this.canceller.query('select pg_cancel_backend($1)', [processID]).catch(() => undefined)
  }

  async end(): Promise<void> {
    await Promise.all([this.pool.end(), this.canceller.end()])
  }
}

async function rowsOf<Row extends object>(
  client: pg.PoolClient,
  signal: AbortSignal,
  { task, sql, values }: { readonly task: string; readonly sql: string; readonly values: readonly unknown[] },
): Promise<Row[]> {
  if (signal.aborted) throw new PipelineError('QUERY_CANCELLED', { task })
  try {
    return (await client.query<Row & pg.QueryResultRow>(sql, [...values])).rows
  } catch (error) {
    throw queryError(error, task, signal.aborted)
  }
}

/**
 * The connections of the reads: bounded, read-only, and a statement ends at its time-out or when nobody waits for it
 * any more. What would wait too long is refused at once.
 */
import type pg from 'pg'
import { PipelineError } from '../errors.ts'
import { cancelQuery } from '../postgres/cancel.ts'
import { type Connected, connectClient } from '../postgres/connect.ts'
import { ClientPool } from '../postgres/pool.ts'
import { queryError } from './failure.ts'

export interface ReadPoolOptions {
  readonly url: string
  readonly connectTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly connections: number
  /** Most reads that wait for a connection. */
  readonly queue: number
  readonly extraColumns?: readonly ExtraColumn[]
}

/** A typed column of the configuration. */
export interface ExtraColumn {
  readonly name: string
  /** As Postgres calls it. */
  readonly type: string
}

/** One connection, for the statements of one read. */
export interface Db {
  /** Of the configuration, beside those of sql/. */
  readonly extraColumns: readonly ExtraColumn[]
  rows<Row extends object>(task: string, sql: string, values: readonly unknown[]): Promise<Row[]>
}

export interface Lease {
  readonly db: Db
  /** @param isBroken the connection may be in the middle of something: it is not used again */
  end(isBroken: boolean): Promise<void>
}

/** A reader that stands still in the middle of a transaction keeps Postgres from cleaning up. */
const IDLE_IN_TRANSACTION_MS = 60_000
const settings = {
  default_transaction_read_only: 'on',
  // Compiling takes longer than these queries do.
  jit: 'off',
  idle_in_transaction_session_timeout: String(IDLE_IN_TRANSACTION_MS),
}

export class ReadPool {
  private readonly pool: ClientPool
  private readonly targets = new WeakMap<object, Connected['target']>()
  private readonly connections: number
  private readonly most: number
  private readonly connectTimeoutMs: number
  private readonly extraColumns: readonly ExtraColumn[]
  private inUse = 0

  constructor({ url, connections, queue, connectTimeoutMs, statementTimeoutMs, ...rest }: ReadPoolOptions) {
    this.extraColumns = rest.extraColumns ?? []
    this.connections = connections
    this.most = connections + queue
    this.connectTimeoutMs = connectTimeoutMs
    const open = async () => {
      const { client, target } = await connectClient({
        url,
        name: 'logcollector api',
        connectTimeoutMs,
        access: 'read',
        settings: { ...settings, statement_timeout: String(statementTimeoutMs) },
        checksPooling: true,
      })
      this.targets.set(client, target)
      return client
    }
    this.pool = new ClientPool({ max: connections, open })
  }

  /** Reads that have a connection, and that wait for one. */
  get load(): { readonly running: number; readonly waiting: number } {
    const running = Math.min(this.inUse, this.connections)
    return { running, waiting: this.inUse - running }
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
    if (signal.aborted) throw new PipelineError('QUERY_CANCELLED', { task })
    if (this.inUse >= this.most) throw new PipelineError('API_BUSY', { most: this.most })
    this.inUse += 1
    try {
      return this.leaseOf(await this.pool.connect(signal), signal)
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
    signal.addEventListener('abort', cancel, { once: true })
    return {
      db: {
        extraColumns: this.extraColumns,
        rows: (task, sql, values) => rowsOf(client, signal, { task, sql, values }),
      },
      end: async isBroken => {
        signal.removeEventListener('abort', cancel)
        // A late cancellation must not hit whoever has the connection next.
        await cancelling
        client.release(isBroken)
        this.inUse -= 1
      },
    }
  }

  private async cancel(client: pg.PoolClient): Promise<void> {
    const target = this.targets.get(client)
    if (target !== undefined) await cancelQuery({ client, target }, this.connectTimeoutMs)
  }

  async end(): Promise<void> {
    await this.pool.end()
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

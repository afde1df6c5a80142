/**
 * One Postgres connection and its transaction: BEGIN and COPY, the tail and COMMIT, ROLLBACK; and a watchdog that
 * cuts a connection on which nothing moves. Knows nothing of records: chunks in, outcomes out.
 */
import { once } from 'node:events'
import type { Socket } from 'node:net'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import { connectClient } from '../postgres/connect.ts'

export interface SessionOptions {
  readonly url: string
  readonly name: string
  readonly connectTimeoutMs: number
  /** Names of the columns behind the fixed ones, in the order of the rows; none unless told. */
  readonly columns?: readonly string[]
  /** A transaction in which no byte moves for so long is given up with its connection. */
  readonly stallTimeoutMs: number
}

/** Identifies our backend to a later connection. */
export interface Backend {
  readonly pid: number
  readonly startedAt: string
}

/** COPY answered with another number of rows than were sent: a fault of ours, and nothing of it may be committed. */
export class RowCountMismatch extends Error {}

const COLUMNS =
  'ts, severity, service, host, trace_id, span_id, message, attrs, topic_id, kafka_partition, kafka_offset'

/** The columns of `logs` in the order of a row, and behind them those of the settings. */
export const columnList = (extra: readonly string[]): string =>
  [COLUMNS, ...extra.map(name => pg.escapeIdentifier(name))].join(', ')

/** PostgreSQL manual, COPY, "Binary Format": signature, flags, no extension; and the trailer. */
export const COPY_HEADER = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
export const COPY_TRAILER = Buffer.from([0xff, 0xff])
const LOOKS_PER_TIMEOUT = 4
const PATIENCE_WITH_BACKEND_MS = 500
const INVALID_PARAMETER_VALUE = '22023'

export class Session {
  backend: Backend | null = null
  /** False: the backend before this one may still commit, so that `offsets` is not final. */
  hasEndedPredecessor = true
  private readonly client: pg.Client
  private readonly socket: Socket
  private readonly stallTimeoutMs: number
  private readonly beginCopy: string
  private isLost = false

  private constructor(client: pg.Client, socket: Socket, { columns = [], stallTimeoutMs }: SessionOptions) {
    this.client = client
    this.socket = socket
    this.stallTimeoutMs = stallTimeoutMs
    this.beginCopy = `begin; copy logcollector.logs (${columnList(columns)}) from stdin (format binary)`
    client.on('error', () => {
      this.isLost = true
    })
    client.on('end', () => {
      this.isLost = true
    })
  }

  /**
   * Connects, and ends the backend of the connection before this one if it still works on our behalf: only then does
   * `offsets` say for certain what became of its transaction.
   */
  static async connect(options: SessionOptions, predecessor: Backend | null): Promise<Session> {
    const { client, socket } = await connectClient({
      url: options.url,
      name: options.name,
      connectTimeoutMs: options.connectTimeoutMs,
      access: 'write',
      settings: {
        synchronous_commit: 'off',
        idle_in_transaction_session_timeout: String(options.stallTimeoutMs),
      },
    })
    const session = new Session(client, socket, options)
    try {
      await session.watched(() => session.identify(predecessor))
      return session
    } catch (error) {
      await session.close()
      throw error
    }
  }

  private async identify(predecessor: Backend | null): Promise<void> {
    const { rows } = await this.client.query<{ pid: number; started: string }>(
      'select pid, backend_start::text as started from pg_stat_activity where pid = pg_backend_pid()',
    )
    this.backend = { pid: rows[0]!.pid, startedAt: rows[0]!.started }
    // A server on a platform that cannot tell refuses it: then a backend in a lock notices our end later.
    await this.client.query(`set client_connection_check_interval = '5s'`).catch(onlyIfRefused)
    if (predecessor !== null) this.hasEndedPredecessor = await endBackend(this.client, predecessor)
  }

  get isAlive(): boolean {
    return !this.isLost && !this.socket.destroyed
  }

  /**
   * BEGIN and COPY of `rows` rows in `chunks`, each sent when the one before has left. The memory of the chunks is
   * in use until `commit` or `rollback` has resolved or `close` has.
   */
  async copy(chunks: readonly Buffer[], rows: number): Promise<void> {
    await this.watched(async () => {
      const stream = this.client.query(copyFrom(this.beginCopy))
      // The stream may fail more than once, and also when nobody waits.
      const failed = new Promise<never>((_, reject) => stream.on('error', reject))
      failed.catch(() => undefined)
      // The stream writes the head of a message and its body one by one: together they are one call and wake Postgres once.
      const together = (send: (resolve: () => void) => void) =>
        Promise.race([
          failed,
          new Promise<void>(resolve => {
            this.socket.cork()
            try {
              send(resolve)
            } finally {
              this.socket.uncork()
            }
          }),
        ])
      await together(resolve => stream.write(COPY_HEADER, () => resolve()))
      for (const chunk of chunks) await together(resolve => stream.write(chunk, () => resolve()))
      await together(resolve => {
        stream.write(COPY_TRAILER)
        stream.end(resolve)
      })
      if (stream.rowCount !== rows) {
        throw new RowCountMismatch(`COPY took ${stream.rowCount} rows where ${rows} were sent`)
      }
    })
  }

  /** BEGIN for a transaction without rows. */
  async begin(): Promise<void> {
    await this.watched(() => this.client.query('begin'))
  }

  /** The tail and COMMIT in one message. True only for the command tag COMMIT: a failed transaction answers ROLLBACK. */
  async commit(tail: Buffer): Promise<boolean> {
    const sql = `select logcollector.commit_tail('\\x${tail.toString('hex')}'); commit`
    const results = (await this.watched(() => this.client.query(sql))) as unknown as pg.QueryResult[]
    return results.at(-1)?.command === 'COMMIT'
  }

  async rollback(): Promise<void> {
    await this.watched(() => this.client.query('rollback'))
  }

  /** Closes the socket and waits until it is closed: then nothing reads the chunks any more. */
  async close(): Promise<void> {
    this.isLost = true
    if (this.socket.closed) return
    const closed = once(this.socket, 'close')
    this.socket.destroy()
    await closed
  }

  /** Ends politely where nothing is open. */
  async end(): Promise<void> {
    this.isLost = true
    await this.client.end()
  }

  private async watched<T>(work: () => Promise<T>): Promise<T> {
    let seen = this.progress
    let looks = 0
    const watchdog = setInterval(() => {
      const now = this.progress
      if (now === seen) looks += 1
      else looks = 0
      seen = now
      if (looks >= LOOKS_PER_TIMEOUT)
        this.socket.destroy(new Error(`Postgres did not move for ${this.stallTimeoutMs} ms`))
    }, this.stallTimeoutMs / LOOKS_PER_TIMEOUT)
    try {
      return await work()
    } finally {
      clearInterval(watchdog)
    }
  }

  /** Changes whenever a byte leaves or comes. */
  private get progress(): string {
    return `${this.socket.bytesWritten - this.socket.writableLength}/${this.socket.bytesRead}`
  }
}

const onlyIfRefused = (error: unknown): void => {
  if (!(error instanceof pg.DatabaseError && error.code === INVALID_PARAMETER_VALUE)) throw error
}

/** False while it lives on: it may be stopped, or stand in a write to a disk that hangs. */
async function endBackend(client: pg.Client, { pid, startedAt }: Backend): Promise<boolean> {
  const { rows } = await client.query<{ ended: boolean }>(
    `select pg_terminate_backend(pid, ${PATIENCE_WITH_BACKEND_MS}) as ended from pg_stat_activity
     where pid = $1 and backend_start = $2::timestamptz`,
    [pid, startedAt],
  )
  return rows.every(({ ended }) => ended)
}

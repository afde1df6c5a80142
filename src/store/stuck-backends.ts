/**
 * Backends of writers that wait for the rest of a COPY which nobody sends any more: their process was stopped, or its host
 * is gone without a word. They keep a transaction open, and with it whatever vacuum, DETACH and DROP have to wait for.
 */
import type { Emit } from '../events.ts'
import type { StorePool } from './connection.ts'

/** A live writer cuts its own connection after postgres.stall_timeout: whoever waits for so many of them has no writer. */
const TIMEOUTS_OF_PATIENCE = 2
const LOOKS_PER_TIMEOUT = 2

/** Of our own role, whose backends we may end. `progress` changes with every byte and every statement. */
const WAITING = `
  select a.pid, a.backend_start::text as started, concat_ws(' ', a.query_start, p.bytes_processed) as progress
  from pg_stat_activity a left join pg_stat_progress_copy p using (pid)
  where a.datname = current_database() and a.usename = current_user and a.application_name like 'logcollector writer %'
    and a.state = 'active' and a.wait_event = 'ClientRead'`
const END = `
  select pg_terminate_backend(pid) as ended from pg_stat_activity
  where pid = $1 and backend_start = $2::timestamptz and state = 'active' and wait_event = 'ClientRead'`

interface Waiting {
  readonly pid: number
  readonly started: string
  readonly progress: string
}

interface Seen extends Waiting {
  readonly sinceMs: number
}

export class StuckBackends {
  /** How often to look, ms. */
  readonly everyMs: number
  private readonly pool: StorePool
  private readonly patienceMs: number
  private readonly emit: Emit
  private seen: readonly Seen[] = []

  /** @param stallTimeoutMs after which writers give a connection up by themselves */
  constructor(pool: StorePool, stallTimeoutMs: number, emit: Emit) {
    this.pool = pool
    this.everyMs = stallTimeoutMs / LOOKS_PER_TIMEOUT
    this.patienceMs = stallTimeoutMs * TIMEOUTS_OF_PATIENCE
    this.emit = emit
  }

  /** Ends those that have not moved for long enough since they were first seen to wait. */
  async look(nowMs = performance.now()): Promise<void> {
    const waiting = await this.pool.query<Waiting>('find stuck backends', WAITING)
    this.seen = waiting.map(backend => ({ ...backend, sinceMs: this.sinceMs(backend) ?? nowMs }))
    for (const { pid, started, sinceMs } of this.seen) {
      const waitedMs = nowMs - sinceMs
      if (waitedMs < this.patienceMs) continue
      const [row] = await this.pool.query<{ ended: boolean }>('end a stuck backend', END, [pid, started])
      if (row?.ended) this.emit('store:backend:ended', { pid, waitedMs })
    }
  }

  private sinceMs({ pid, started, progress }: Waiting): number | undefined {
    return this.seen.find(
      before => before.pid === pid && before.started === started && before.progress === progress,
    )?.sinceMs
  }
}

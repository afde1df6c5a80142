/**
 * A connection of its own for work that takes long or must not run in a transaction. It holds an advisory lock, so that
 * of several instances one does it, and whoever comes next when that one dies.
 */
import pg from 'pg'
import { PipelineError } from '../../errors.ts'
import { type Connected, connectClient } from '../../postgres/connect.ts'
import { storeError } from '../connection.ts'

export interface ExclusiveOptions {
  readonly url: string
  readonly connectTimeoutMs: number
  /** Such as "retention": names the lock, and the task in errors. */
  readonly task: string
  /** Aborted: the connection is cut, and with it what runs on it. */
  readonly signal: AbortSignal
}

/** Nobody stands behind us in a queue for longer than this. */
export const LOCK_TIMEOUT_MS = 200
/** How soon a server notices that nobody waits for its work any more. */
const CONNECTION_CHECK_MS = 1_000
/** Modest: the work is in no hurry, and writers and readers are. */
const settings: Readonly<Record<string, string>> = {
  idle_in_transaction_session_timeout: '60000',
  lock_timeout: String(LOCK_TIMEOUT_MS),
  maintenance_work_mem: '64MB',
  max_parallel_maintenance_workers: '0',
  vacuum_cost_delay: '2',
  vacuum_cost_limit: '1000',
}
const INVALID_PARAMETER_VALUE = '22023'

/**
 * Runs `work` unless another instance is at it, or it is told to stop; then null.
 * @throws PipelineError as storeError has it
 */
export async function exclusively<T>(
  { url, connectTimeoutMs, task, signal }: ExclusiveOptions,
  work: (client: pg.Client) => Promise<T>,
): Promise<T | null> {
  if (signal.aborted) return null
  const { client, socket } = await open(url, connectTimeoutMs, task)
  // Whoever waits for a statement hears of it too.
  client.on('error', () => undefined)
  const cut = (): void => void socket.destroy(new Error('stopped'))
  signal.addEventListener('abort', cut, { once: true })
  try {
    await client.query(`set client_connection_check_interval = ${CONNECTION_CHECK_MS}`).catch(onlyIfRefused)
    await checkOwner(client, task)
    const { rows } = await client.query<{ ours: boolean }>(
      'select pg_try_advisory_lock(hashtext($1)) as ours',
      [`logcollector.${task}`],
    )
    return rows[0]!.ours ? await work(client) : null
  } catch (error) {
    if (signal.aborted) return null
    throw storeError(error, task)
  } finally {
    signal.removeEventListener('abort', cut)
    await client.end()
  }
}

/** Only the owner of the tables may detach, drop and build indexes, whatever was granted. */
async function checkOwner(client: pg.Client, task: string): Promise<void> {
  const { rows } = await client.query<{ role: string; is_owner: boolean }>(
    `select current_user as role, pg_has_role(relowner, 'usage') as is_owner
     from pg_class where oid = 'logs'::regclass`,
  )
  const { is_owner, role } = rows[0]!
  if (!is_owner) throw new PipelineError('STORAGE_NOT_OWNED', { task, role, table: 'logcollector.logs' })
}

async function open(url: string, connectTimeoutMs: number, task: string): Promise<Connected> {
  try {
    const name = `logcollector ${task}`
    return await connectClient({
      url,
      name,
      connectTimeoutMs,
      access: 'write',
      checksPooling: true,
      settings,
    })
  } catch (error) {
    throw storeError(error, task)
  }
}

/** A server on a platform that cannot tell refuses it: then it notices later. */
const onlyIfRefused = (error: unknown): void => {
  if (!(error instanceof pg.DatabaseError && error.code === INVALID_PARAMETER_VALUE)) throw error
}

/**
 * The storekeeper's chores that look after what is stored. Each takes its own lock, so that of several instances one
 * does it, and a long build of an index holds up nothing else.
 */
import type pg from 'pg'
import { PipelineError } from '../../errors.ts'
import type { Emit } from '../../events.ts'
import type { PostgresOptions, StorePool } from '../connection.ts'
import type { Chore } from '../storekeeper.ts'
import { exclusively } from './exclusive.ts'
import { deleteRollups, mergeLedger } from './ledger.ts'
import { listSegments } from './list.ts'
import { type StoragePolicy, segmentStates } from './policy.ts'
import { removeDue } from './retention.ts'
import { sealDue } from './seal.ts'

export interface StorageChoresDeps {
  /** Of the owner of the tables, who alone may detach, drop and build indexes. */
  readonly owner: PostgresOptions
  readonly pool: StorePool
  readonly policy: StoragePolicy
  readonly everyMs: number
  readonly emit: Emit
}

const MERGE_EVERY_MS = 600_000

const TABLES = `
  select relname as table, pg_total_relation_size(oid)::float8 as bytes from pg_class
  where relnamespace = 'logcollector'::regnamespace and relname = any (array['ingest_ledger', 'log_rollup_1m', 'dead_letters'])
  order by 1`
/** Without pg_read_all_stats Postgres shows the transactions of the own role only. */
const OLDEST_SNAPSHOT = `
  select coalesce(extract(epoch from now() - min(xact_start)) * 1000, 0)::float8 as ms from pg_stat_activity
  where datname = current_database() and backend_type = 'client backend' and backend_xmin is not null
    and pid <> pg_backend_pid()`

export function storageChores({ emit, everyMs, owner, policy, pool }: StorageChoresDeps): Chore[] {
  const chore = (name: string, interval: number, work: (client: pg.Client) => Promise<void>): Chore => {
    // A role that does not own the tables is a matter of set-up: said once.
    let isTold = false
    const run = async (signal: AbortSignal): Promise<void> => {
      try {
        await exclusively({ ...owner, task: name, signal }, work)
      } catch (error) {
        const isRole = error instanceof PipelineError && error.code === 'STORAGE_NOT_OWNED'
        if (isRole && isTold) return
        isTold = isRole
        throw error
      }
    }
    return { name, everyMs: interval, run }
  }
  return [
    chore('retention', everyMs, client => removeDue(client, policy, Date.now(), emit)),
    chore('seal', everyMs, client => sealDue(client, policy, Date.now(), emit)),
    chore('merge ledger', Math.max(everyMs, MERGE_EVERY_MS), async client => {
      await mergeLedger(client, Date.now())
      await deleteRollups(client, policy, Date.now())
    }),
    { name: 'measure storage', everyMs, run: () => measure(pool, emit) },
  ]
}

/** Tells how many segments there are and how large, by state; how large the other tables are; who keeps old versions alive. */
export async function measure(pool: StorePool, emit: Emit): Promise<void> {
  const segments = await listSegments(sql => pool.query('measure storage', sql))
  const states = segmentStates.map(state => {
    const those = segments.filter(segment => segment.state === state)
    return {
      state,
      segments: those.length,
      tableBytes: those.reduce((sum, { tableBytes }) => sum + tableBytes, 0),
      indexBytes: those.reduce((sum, { indexBytes }) => sum + indexBytes, 0),
    }
  })
  const tables = await pool.query<{ table: string; bytes: number }>('measure storage', TABLES)
  const [snapshot] = await pool.query<{ ms: number }>('measure storage', OLDEST_SNAPSHOT)
  emit('store:storage:measured', { states, tables, oldestSnapshotMs: snapshot!.ms })
}

/**
 * The storekeeper's chores that look after what is stored. Each takes its own lock, so that of several instances one
 * does it, and a long build of an index holds up nothing else.
 */
import type { Emit } from '../../events.ts'
import type { PostgresOptions, StorePool } from '../connection.ts'
import type { Chore } from '../storekeeper.ts'
import { type ExclusiveOptions, exclusively } from './exclusive.ts'
import { deleteRollups, mergeLedger } from './ledger.ts'
import { listSegments } from './list.ts'
import { type SegmentState, type StoragePolicy, segmentStates } from './policy.ts'
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

export function storageChores({ emit, everyMs, owner, policy, pool }: StorageChoresDeps): Chore[] {
  const on = (task: string, signal: AbortSignal): ExclusiveOptions => ({ ...owner, task, signal })
  return [
    {
      name: 'retention',
      everyMs,
      run: async signal => {
        await exclusively(on('retention', signal), client => removeDue(client, policy, Date.now(), emit))
      },
    },
    {
      name: 'seal',
      everyMs,
      run: async signal => {
        await exclusively(on('seal', signal), client => sealDue(client, policy, Date.now(), emit))
      },
    },
    {
      name: 'merge ledger',
      everyMs: Math.max(everyMs, MERGE_EVERY_MS),
      run: async signal => {
        await exclusively(on('merge ledger', signal), async client => {
          await mergeLedger(client, Date.now())
          await deleteRollups(client, policy, Date.now())
        })
      },
    },
    { name: 'measure storage', everyMs, run: () => measure(pool, emit) },
  ]
}

/** Tells how many segments there are and how large, by state. */
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
  emit('store:storage:measured', { states })
}

export interface MeasuredState {
  readonly state: SegmentState
  readonly segments: number
  readonly tableBytes: number
  readonly indexBytes: number
}

/** What storekeepers do, and how often. Neighbours: store/storekeeper.ts (the clock), parts.ts, bystander.ts. */
import { AnomalyWatch } from '../anomalies/watch.ts'
import type { Config } from '../config/index.ts'
import type { Emit } from '../events.ts'
import type { StorePool } from '../store/connection.ts'
import type { Segments } from '../store/segments.ts'
import { storageChores } from '../store/storage/chores.ts'
import { policyOf } from '../store/storage/policy.ts'
import type { Chore } from '../store/storekeeper.ts'
import { StuckBackends } from '../store/stuck-backends.ts'
import { verifyLately } from '../store/verify/lately.ts'
import type { Positions } from './positions.ts'

const COMPARE_EVERY_MS = 10_000
const SEGMENTS_EVERY_MS = 60_000
const ANOMALIES_EVERY_MS = 15_000

export interface MaintenanceDeps {
  readonly segments: Segments
  readonly store: StorePool
}

/** What belongs to whoever has partitions. */
export const consumerChores = (positions: Positions): Chore[] => [
  { name: 'compare positions', everyMs: COMPARE_EVERY_MS, run: () => positions.compareQuiet() },
]

/** What belongs to the database, once for all: any number of processes may do it, locks there keep them apart. */
export function maintenanceChores({ segments, store }: MaintenanceDeps, config: Config, emit: Emit): Chore[] {
  const { anomalies, postgres, storage } = config
  const watch = anomalies.enabled ? new AnomalyWatch(store, anomalies, emit) : null
  const stuck = new StuckBackends(store, postgres.stallTimeoutMs, emit)
  return [
    {
      name: 'segments ahead',
      everyMs: SEGMENTS_EVERY_MS,
      run: () => segments.ensureAhead(Date.now(), storage.segmentsAhead),
    },
    { name: 'stuck backends', everyMs: stuck.everyMs, run: () => stuck.look() },
    { name: 'verify', everyMs: storage.verifyIntervalMs, run: () => verifyLately(postgres.url, emit) },
    ...(watch === null
      ? []
      : [{ name: 'anomalies', everyMs: ANOMALIES_EVERY_MS, run: () => watch.turn(Date.now()) }]),
    ...storageChores({
      owner: { ...postgres, url: postgres.migrateUrl || postgres.url },
      pool: store,
      policy: policyOf(config),
      everyMs: storage.maintenanceIntervalMs,
      emit,
    }),
  ]
}

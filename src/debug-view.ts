/**
 * What /debug shows: the engine's facts, the utilisation of the worker threads, the last troubles and the process
 * itself. No secret of the configuration leaves here, not even in the text of somebody else's error.
 */
import { type Config, createRedactor } from './config/index.ts'
import type { EngineFacts } from './engine/facts.ts'
import type { DebugState } from './http/debug/state.ts'
import type { RecentEvents } from './recent-events.ts'

export interface DebugDeps {
  readonly config: Config
  readonly version: string
  readonly recent: RecentEvents
  readonly facts: () => EngineFacts
}

/** A look that is older than this is the last to be compared with: the next one compares with the present. */
const WINDOW_MS = 5_000

/** Makes the reader for /debug; call it once, before the engine starts. */
export function createDebugView({ config, facts, recent, version }: DebugDeps): () => DebugState {
  const redactor = createRedactor(config)
  const utilisation = createUtilisation()
  return () => {
    const now = facts()
    const view = {
      time: new Date().toISOString(),
      version,
      node: process.version,
      pid: process.pid,
      uptimeMs: Math.round(process.uptime() * 1000),
      memory: { ...process.memoryUsage(), budget: config.memory.budgetBytes },
      ...now,
      parse: { ...now.parse, utilisation: utilisation(now.parse.busyMs) },
      restarts: recent.restarts,
      restartHistory: recent.restartHistory(),
      recent: recent.list(),
    }
    return redactor.data(view)
  }
}

/** The share of time that each thread worked since an earlier look, and how long ago that was. */
function createUtilisation(): (busyMs: readonly number[]) => {
  overMs: number
  share: readonly number[]
} {
  let from: { at: number; busyMs: readonly number[] } = { at: performance.now(), busyMs: [] }
  return busyMs => {
    const at = performance.now()
    const overMs = Math.max(1, at - from.at)
    const share = busyMs.map((busy, thread) => {
      const worked = (busy - (from.busyMs[thread] ?? 0)) / overMs
      return Math.round(worked * 1000) / 1000
    })
    if (overMs >= WINDOW_MS) from = { at, busyMs }
    return { overMs: Math.round(overMs), share }
  }
}

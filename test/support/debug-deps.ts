/** What /debug is given in tests of src/http: plain answers, and what was noted and set. */
import type { DebugState } from '../../src/http/debug/state.ts'
import type { DebugDeps } from '../../src/http/deps.ts'
import { engineFacts } from './engine-facts.ts'

export interface NotedDebugDeps extends DebugDeps {
  /** Messages of log.note, in order. */
  readonly notes: string[]
}

export function debugDeps(changes: Partial<DebugDeps> = {}): NotedDebugDeps {
  const notes: string[] = []
  return {
    token: '',
    state: () => debugState(),
    config: () => ({ 'http.port': { value: '8080', origin: 'default' } }),
    log: { level: 'info', note: (_, message) => notes.push(message) },
    ...changes,
    notes,
  }
}

/** The state of a process that has nothing yet. */
export function debugState(changes: Partial<DebugState> = {}): DebugState {
  const facts = engineFacts()
  return {
    ...facts,
    parse: { ...facts.parse, utilisation: { overMs: 1000, share: [] } },
    time: '2026-01-31T12:00:00.000Z',
    version: '0.0.0',
    node: 'v20',
    pid: 1,
    uptimeMs: 61_000,
    memory: { rss: 1, heapUsed: 1, budget: 2 },
    restarts: {},
    restartHistory: [],
    recent: [],
    ...changes,
  }
}

/** What /debug is given in tests of src/http: plain answers, and what was noted and set. */
import type { DebugDeps } from '../../src/http/deps.ts'

export interface NotedDebugDeps extends DebugDeps {
  /** Messages of log.note, in order. */
  readonly notes: string[]
}

export function debugDeps(changes: Partial<DebugDeps> = {}): NotedDebugDeps {
  const notes: string[] = []
  return {
    token: '',
    state: () => ({ writers: [{ id: 0 }] }),
    config: () => ({ 'http.port': { value: '8080', origin: 'default' } }),
    log: { level: 'info', note: (_, message) => notes.push(message) },
    ...changes,
    notes,
  }
}

/** The facts of an engine that has nothing yet, for tests of what shows them. */
import type { EngineFacts } from '../../src/engine/facts.ts'
import { emptySnapshot } from '../../src/snapshot.ts'

export const engineFacts = (changes: Partial<EngineFacts> = {}): EngineFacts => {
  const snapshot = emptySnapshot('a test')
  return {
    ...snapshot,
    arena: [],
    partitions: [],
    parse: { ...snapshot.parse, steps: [] },
    group: { clusterId: '', trouble: null, missingTopics: [] },
    fetchers: [],
    store: { trouble: null },
    parts: [],
    ...changes,
  }
}

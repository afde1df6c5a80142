/** The engine's state with what only /debug shows. Neighbours: take-snapshot.ts (the rest), ../debug-view.ts. */

import type { StepFacts } from '../parse/step-times.ts'
import type { ArenaAccount, PartitionSnapshot, Snapshot } from '../snapshot.ts'
import type { FetcherFacts } from '../source/fetcher.ts'
import type { ChildFacts } from '../supervisor/supervisor.ts'
import type { Parts } from './parts.ts'
import { takeSnapshot } from './take-snapshot.ts'

export interface EngineFacts extends Snapshot {
  readonly arena: readonly (ArenaAccount & {
    readonly freeRuns: readonly { readonly address: number; readonly bytes: number }[]
  })[]
  readonly partitions: readonly (PartitionSnapshot & { readonly leader: number | null })[]
  readonly group: {
    /** Empty before the first answer of a broker. */
    readonly clusterId: string
    readonly trouble: string | null
    readonly missingTopics: readonly string[]
  }
  readonly fetchers: readonly FetcherFacts[]
  readonly store: { readonly trouble: string | null }
  /** Children of the supervisor. */
  readonly parts: readonly ChildFacts[]
  readonly parse: Snapshot['parse'] & {
    /** What takes most of the time first. */
    readonly steps: readonly StepFacts[]
  }
}

export function factsOf(
  parts: Parts,
  children: readonly ChildFacts[],
  roles: readonly string[],
  storeTrouble: string | null,
): EngineFacts {
  const { arena, membership, parser, source } = parts
  const snapshot = takeSnapshot(parts, roles, storeTrouble)
  const accounts = [arena.input, arena.output, arena.jumbo]
  return {
    ...snapshot,
    arena: snapshot.arena.map((account, index) => ({ ...account, freeRuns: accounts[index]!.freeRuns() })),
    partitions: [...source.partitions.values()].map(({ leader }, index) => ({
      ...snapshot.partitions[index]!,
      leader,
    })),
    group: {
      clusterId: membership.clusterId,
      trouble: membership.trouble,
      missingTopics: membership.missing,
    },
    fetchers: source.fetcherFacts,
    store: { trouble: storeTrouble },
    parts: children,
    parse: { ...snapshot.parse, steps: parser.stepTimes.read() },
  }
}

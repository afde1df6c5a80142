/**
 * What /debug shows, as plain data without secrets. debug-view.ts makes it of the engine's facts, which hold more than
 * is named here: the JSON has all of it, the page what is named.
 */
import type { ArenaAccount, PartitionSnapshot, Snapshot } from '../../snapshot.ts'

export interface Trouble {
  /** ISO time of the latest. */
  readonly at: string
  /** Of the first. */
  readonly since: string
  readonly times: number
  readonly level: string
  readonly event: string
  /** An error's `error`, `code`, `reason`, `cause`, `remedy` among them. */
  readonly facts: object
}

export interface DebugState extends Snapshot {
  /** ISO. */
  readonly time: string
  readonly version: string
  readonly node: string
  readonly pid: number
  readonly uptimeMs: number
  /** Bytes. */
  readonly memory: { readonly rss: number; readonly heapUsed: number; readonly budget: number }
  readonly arena: readonly ArenaAccount[]
  readonly partitions: readonly (PartitionSnapshot & { readonly leader: number | null })[]
  readonly group: {
    readonly clusterId: string
    readonly trouble: string | null
    readonly missingTopics: readonly string[]
  }
  readonly fetchers: readonly {
    readonly broker: number
    readonly partitions: number
    readonly errandsWaiting: number
    readonly throttledMs: number
  }[]
  readonly store: { readonly trouble: string | null }
  readonly parse: Snapshot['parse'] & {
    /** The share of time that each thread worked in the last `overMs`. */
    readonly utilisation: { readonly overMs: number; readonly share: readonly number[] }
    readonly steps: readonly {
      readonly pipeline: string
      readonly step: string
      readonly written: string
      readonly timed: number
      readonly meanUs: number
      readonly maxUs: number
      readonly totalMs: number
    }[]
  }
  readonly parts: readonly {
    readonly name: string
    readonly rule: string
    readonly restarts: number
    readonly isRestarting: boolean
  }[]
  readonly restarts: Readonly<Record<string, number>>
  readonly restartHistory: readonly {
    readonly at: string
    readonly child: string
    readonly restarts: number
    readonly facts: object
  }[]
  /** The latest last. */
  readonly recent: readonly Trouble[]
}

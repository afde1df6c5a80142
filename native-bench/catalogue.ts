/** Every benchmark by its name: what it asks and the file that answers. main.ts starts it, its help lists it. */

interface Bench {
  readonly asks: string
  /** Runs the file, which reads its options from the command line. */
  readonly start: () => Promise<unknown>
}

export const benches = {
  anomalies: { asks: 'are anomalies found, and how soon', start: () => import('./anomalies.ts') },
  cache: { asks: 'what a dashboard costs Postgres with many viewers', start: () => import('./cache.ts') },
  ceiling: {
    asks: 'how fast Postgres takes rows that are encoded already',
    start: () => import('./ceiling.ts'),
  },
  check: { asks: 'whether it is slower than the recorded floors', start: () => import('./check.ts') },
  codecs: { asks: 'what it costs to decompress a Kafka batch', start: () => import('./codecs.ts') },
  idle: { asks: 'what it costs to have nothing to do', start: () => import('./idle.ts') },
  kernel: { asks: 'how fast one thread makes rows of records', start: () => import('./kernel.ts') },
  kindness: { asks: 'what other queries on the same server feel', start: () => import('./kindness.ts') },
  latency: { asks: 'how soon a record is a row', start: () => import('./latency.ts') },
  memory: { asks: 'whether memory keeps its bound under a backlog', start: () => import('./memory.ts') },
  mirror: { asks: 'what the mirror in Redis costs', start: () => import('./mirror.ts') },
  peers: { asks: 'how fast other ways from Kafka into Postgres are', start: () => import('./peers.ts') },
  pipeline: { asks: 'how fast the whole path is beside the ceiling', start: () => import('./pipeline.ts') },
  recovery: { asks: 'how soon it goes on after a kill', start: () => import('./recovery.ts') },
  steps: { asks: 'what a step of a pipeline costs', start: () => import('./steps.ts') },
  variations: { asks: 'what each thing costs that users choose', start: () => import('./variations.ts') },
} as const satisfies Readonly<Record<string, Bench>>

export type BenchName = keyof typeof benches

export const isBench = (name: string): name is BenchName => Object.hasOwn(benches, name)

/** For people: the names with what they ask. */
export function benchList(): string {
  const lines = Object.entries(benches).map(([name, { asks }]) => `  ${name.padEnd(12)} ${asks}`)
  return [
    'npm run bench                the default set',
    'npm run bench -- NAME […]    one of these:',
    ...lines,
  ].join('\n')
}

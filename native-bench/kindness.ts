/**
 * What do a user's own queries gain when writers step back (postgres.yield_above), and what does it cost? pgbench (or
 * plain clients) runs on the same server alone, beside a backlog that is stored at full speed, and with the bound.
 *
 *   node dist/native-bench/kindness.js [--json] [--records 4000000] [--rounds 3] [--writers 4] [--bound 20ms] [--plain]
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { produce } from '../src/produce/produce.ts'
import { startKafka } from '../stack/kafka.ts'
import { startPostgres } from '../stack/postgres.ts'
import { preparePlainLoad, startPlainLoad } from './kindness/plain-load.ts'
import {
  findPgbench,
  prepareUserLoad,
  startUserLoad,
  type UserFigures,
  type UserLoad,
} from './kindness/user-load.ts'
import { type Databases, prepareDatabases } from './pipeline/databases.ts'
import { runProgram } from './pipeline/program.ts'
import { wellFormedRecords } from './pipeline/records.ts'
import { commandOf, makeReport, type Summary, showReport, summarize, writeReport } from './report.ts'

const PARTITIONS = 16
const TOPIC = 'bench-kindness'
const ALONE_MS = 10_000
/** Fewer are shown and not kept. */
const LEAST_RECORDS = 4_000_000

/** One way of running, over all rounds. */
export interface Beside {
  readonly name: string
  readonly userPerSecond: Summary
  readonly userMedianMs: Summary
  readonly userP99Ms: Summary
  /** Null where nothing was stored. */
  readonly rowsPerSecond: Summary | null
}

export interface KindnessFigures {
  readonly records: number
  readonly rounds: number
  readonly writers: number
  readonly bound: string
  readonly postgres: string
  /** Who did the other work: pgbench, or plain clients of ours. */
  readonly user: string
  readonly ways: readonly Beside[]
}

interface Servers {
  readonly kafka: { readonly address: string; readonly pid: number | null }
  readonly postgres: { readonly url: string; readonly pid: number | null }
  readonly databases: Databases
  /** Null: plain clients do the same. */
  readonly pgbench: string | null
}

interface Round {
  readonly user: UserFigures
  readonly rowsPerSecond: number | null
}

const say = (text: string): void => console.error(text)

async function alone(load: UserLoad): Promise<Round> {
  const from = Date.now()
  await delay(ALONE_MS)
  return { user: await load.stop(from, Date.now()), rowsPerSecond: null }
}

/** What pgbench gets from the first row that is stored to the last. */
async function beside(
  { kafka, postgres, databases }: Servers,
  load: UserLoad,
  group: string,
  records: number,
  settings: readonly string[],
): Promise<Round> {
  let from = 0
  let to = 0
  const { rowsPerSecond } = await runProgram({
    brokers: kafka.address,
    topic: TOPIC,
    group,
    database: await databases.fresh(),
    records,
    kafkaPid: kafka.pid!,
    postgresPid: postgres.pid!,
    settings,
    profile: null,
    onProgress: stored => {
      if (from === 0 && stored > 0) from = Date.now()
      to = Date.now()
    },
  })
  return { user: await load.stop(from, to), rowsPerSecond }
}

function summed(name: string, rounds: readonly Round[]): Beside {
  const rows = rounds.flatMap(({ rowsPerSecond }) => rowsPerSecond ?? [])
  return {
    name,
    userPerSecond: summarize(rounds.map(({ user }) => user.perSecond)),
    userMedianMs: summarize(rounds.map(({ user }) => user.medianMs)),
    userP99Ms: summarize(rounds.map(({ user }) => user.p99Ms)),
    rowsPerSecond: rows.length === 0 ? null : summarize(rows),
  }
}

async function compare(servers: Servers, options: Options): Promise<Beside[]> {
  const { bound, records, rounds, writers } = options
  const count = `postgres.writers=${writers}`
  const ways: [string, string[] | null][] = [
    ['alone', null],
    ['full speed', [count]],
    [`yield_above ${bound}`, [count, `postgres.yield_above=${bound}`]],
  ]
  const results = new Map<string, Round[]>(ways.map(([name]) => [name, []]))
  for (let round = 1; round <= rounds; round++)
    for (const [index, [name, settings]] of ways.entries()) {
      const { pgbench, postgres } = servers
      const load = pgbench === null ? startPlainLoad(postgres.url) : startUserLoad(pgbench, postgres.url)
      const group = `bench-kindness-${round}-${index}`
      const result =
        settings === null ? await alone(load) : await beside(servers, load, group, records, settings)
      say(`round ${round}, ${name}: ${JSON.stringify(result)}`)
      results.get(name)!.push(result)
    }
  return [...results].map(([name, own]) => summed(name, own))
}

interface Options {
  readonly records: number
  readonly rounds: number
  readonly writers: number
  readonly bound: string
}

async function measure(options: Options): Promise<KindnessFigures> {
  const stops: (() => Promise<void>)[] = []
  try {
    const pgbench = values.plain ? null : await findPgbench()
    const kafka = await startKafka({ report: say })
    stops.push(() => kafka.stop())
    const postgres = await startPostgres({
      settings: { shared_buffers: '512MB', max_wal_size: '4GB', track_commit_timestamp: 'on' },
      report: say,
    })
    stops.push(() => postgres.stop())
    const databases = await prepareDatabases(postgres.url)
    if (pgbench === null) await preparePlainLoad(postgres.url)
    else await prepareUserLoad(pgbench, postgres.url)
    const source = wellFormedRecords(options.records)
    await produce({
      brokers: kafka.address.split(','),
      topic: TOPIC,
      createPartitions: PARTITIONS,
      source,
    })
    const ways = await compare({ kafka, postgres, databases, pgbench }, options)
    return {
      ...options,
      postgres: databases.serverVersion,
      user: pgbench === null ? 'plain clients' : 'pgbench',
      ways,
    }
  } finally {
    await Promise.all(stops.map(stop => stop()))
  }
}

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: String(LEAST_RECORDS) },
    rounds: { type: 'string', default: '3' },
    writers: { type: 'string', default: '4' },
    bound: { type: 'string', default: '20ms' },
    plain: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const [records, rounds, writers] = [values.records, values.rounds, values.writers].map(Number) as [
  number,
  number,
  number,
]
if (!(records >= 1000 && rounds >= 1 && writers >= 1)) throw new Error('--records of at least 1000')
const figures = await measure({ records, rounds, writers, bound: values.bound })
const report = makeReport('kindness', commandOf('kindness'), figures)
if (records >= LEAST_RECORDS) say(`wrote ${writeReport(report)}`)
else say(`not kept: results are kept of runs with ${LEAST_RECORDS} records or more`)
showReport(
  report,
  values.json,
  [`${figures.user} beside`, 'its tps', 'its median, ms', 'its p99, ms', 'our rows/s'],
  figures.ways.map(({ name, rowsPerSecond, userMedianMs, userP99Ms, userPerSecond }) => [
    name,
    userPerSecond.median.toFixed(0),
    userMedianMs.median.toFixed(1),
    userP99Ms.median.toFixed(1),
    rowsPerSecond?.median.toFixed(0) ?? '–',
  ]),
)

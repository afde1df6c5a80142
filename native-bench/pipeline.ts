/**
 * How fast is the whole path, Kafka to COMMIT, and what does it cost, beside the ceiling of this Postgres in the same
 * run? Starts a Kafka and a Postgres of its own, produces first, then a round to warm up, then rounds of both in turn.
 *
 *   node dist/native-bench/pipeline.js [--json] [--records 5000000] [--rounds 5] [--set key=value]… [--profile folder]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { verify } from '../src/store/verify/index.ts'
import { kafkaVersion } from '../stack/jars.ts'
import { type CeilingRound, dumpRows, keepAttrsAsSent, runCeiling } from './pipeline/ceiling.ts'
import { type ProgramRound, runProgram } from './pipeline/program.ts'
import {
  fillTopic,
  PARTITIONS,
  postgresSettings,
  progress,
  type Servers,
  say,
  startServers,
  TOPIC,
  thousands,
} from './pipeline/servers.ts'
import {
  commandOf,
  makeReport,
  type Summary,
  showReport,
  summarize,
  summaryRow,
  writeReport,
} from './report.ts'

/** Fewer would mostly measure the warm-up: such a run is shown and not kept. */
const LEAST_RECORDS = 5_000_000

interface Round {
  readonly program: ProgramRound
  readonly ceiling: CeilingRound
  /** Of the machine, the minute before. */
  readonly load: number
}

export interface PipelineFigures {
  readonly records: number
  readonly bytesPerRecord: number
  readonly partitions: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  readonly postgresSettings: Readonly<Record<string, string>>
  readonly settings: readonly string[]
  readonly rounds: readonly Round[]
  readonly rowsPerSecond: Summary
  readonly ceilingRowsPerSecond: Summary
  /** Rows a second over the ceiling's, round by round. */
  readonly ofCeiling: Summary
  readonly ourCpuUsPerRow: Summary
  readonly postgresCpuUsPerRow: Summary
  readonly kafkaCpuUsPerRow: Summary
  /** Our CPU over what Postgres spends in the same round. */
  readonly ofPostgresCpu: Summary
  readonly peakRssMiB: Summary
}

interface Options {
  readonly records: number
  readonly rounds: number
  readonly settings: readonly string[]
  readonly profile: string | null
  readonly json: boolean
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: String(LEAST_RECORDS) },
      rounds: { type: 'string', default: '5' },
      set: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
      json: { type: 'boolean', default: false },
    },
  })
  const records = Number(values.records)
  const rounds = Number(values.rounds)
  if (!(records >= 1000 && rounds >= 1)) throw new Error('--records of at least 1000, --rounds of at least 1')
  return { records, rounds, settings: values.set, profile: values.profile ?? null, json: values.json }
}

/** A round that does not count: fills caches and the write-ahead log, is verified, and gives the ceiling its rows. */
async function warmUp(servers: Servers, options: Options): Promise<void> {
  const database = await servers.databases.fresh()
  await keepAttrsAsSent(database)
  await runOurs(servers, { ...options, profile: null }, database, 0)
  const { ok } = await verify(database, { sinceMs: null })
  if (!ok) throw new Error('verify found something after the first round')
  await dumpRows(database, servers.databases.folder)
}

const runOurs = (
  { kafka, postgres }: Servers,
  { records, settings, profile }: Options,
  database: string,
  number: number,
): Promise<ProgramRound> =>
  runProgram({
    brokers: kafka.address,
    topic: TOPIC,
    group: `bench-${number}`,
    database,
    records,
    kafkaPid: kafka.pid!,
    postgresPid: postgres.pid!,
    settings,
    profile,
    onProgress: (stored, ms) => progress(`round ${number}: ${stored}, ${thousands((stored / ms) * 1000)}/s`),
  })

async function measureRound(servers: Servers, options: Options, number: number): Promise<Round> {
  const { postgres, databases } = servers
  const load = loadavg()[0]!
  const program = await runOurs(servers, options, await databases.fresh(), number)
  const ceiling = await runCeiling(await databases.fresh(), databases.folder, options.records, postgres.pid!)
  const { rowsPerSecond, ourCpuUsPerRow, postgresCpuUsPerRow, kafkaCpuUsPerRow, peakRssBytes } = program
  say(
    `round ${number}: ${thousands(rowsPerSecond)} rows/s in ${program.transactions} transactions, ` +
      `ceiling ${thousands(ceiling.rowsPerSecond)}; CPU µs/row: ours ${ourCpuUsPerRow.toFixed(2)}, ` +
      `Postgres ${postgresCpuUsPerRow.toFixed(2)} (ceiling ${ceiling.postgresCpuUsPerRow.toFixed(2)}), ` +
      `Kafka ${kafkaCpuUsPerRow.toFixed(2)}; peak ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB; load ${load.toFixed(2)}`,
  )
  return { program, ceiling, load }
}

async function measure(options: Options): Promise<PipelineFigures> {
  const servers = await startServers()
  try {
    const bytesPerRecord = await fillTopic(servers, options.records)
    await warmUp(servers, options)
    const rounds: Round[] = []
    for (let number = 1; number <= options.rounds; number++)
      rounds.push(await measureRound(servers, options, number))
    const over = (pick: (round: Round) => number): Summary => summarize(rounds.map(pick))
    return {
      records: options.records,
      bytesPerRecord,
      partitions: PARTITIONS,
      versions: { kafka: kafkaVersion(), postgres: servers.databases.serverVersion },
      postgresSettings,
      settings: options.settings,
      rounds,
      rowsPerSecond: over(({ program }) => program.rowsPerSecond),
      ceilingRowsPerSecond: over(({ ceiling }) => ceiling.rowsPerSecond),
      ofCeiling: over(({ program, ceiling }) => program.rowsPerSecond / ceiling.rowsPerSecond),
      ourCpuUsPerRow: over(({ program }) => program.ourCpuUsPerRow),
      postgresCpuUsPerRow: over(({ program }) => program.postgresCpuUsPerRow),
      kafkaCpuUsPerRow: over(({ program }) => program.kafkaCpuUsPerRow),
      ofPostgresCpu: over(({ program }) => program.ourCpuUsPerRow / program.postgresCpuUsPerRow),
      peakRssMiB: over(({ program }) => program.peakRssBytes / 2 ** 20),
    }
  } finally {
    await servers.stop()
  }
}

const options = readOptions()
const figures = await measure(options)
const report = makeReport('pipeline', commandOf('pipeline'), figures)
const isKept = options.records >= LEAST_RECORDS && options.settings.length === 0 && options.profile === null
if (isKept) say(`wrote ${writeReport(report)}`)
else say('not kept: results are kept of runs with the default settings and five million records or more')
showReport(
  report,
  options.json,
  [`${figures.records} JSON records of ${figures.bytesPerRecord.toFixed(0)} bytes`, 'min', 'median', 'max'],
  [
    summaryRow('rows/s, Kafka to COMMIT', figures.rowsPerSecond, 0),
    summaryRow('rows/s, ceiling: two server-side COPYs', figures.ceilingRowsPerSecond, 0),
    summaryRow('of the ceiling', figures.ofCeiling, 2),
    summaryRow('CPU µs a row, ours', figures.ourCpuUsPerRow, 2),
    summaryRow('CPU µs a row, Postgres', figures.postgresCpuUsPerRow, 2),
    summaryRow('CPU µs a row, Kafka', figures.kafkaCpuUsPerRow, 2),
    summaryRow('our CPU over that of Postgres', figures.ofPostgresCpu, 2),
    summaryRow('peak RSS, MiB', figures.peakRssMiB, 0),
  ],
)

/**
 * How fast is the whole path, Kafka to COMMIT, and what does it cost, beside the ceiling of this Postgres and psql's \copy
 * in the same run? Starts a Kafka and a Postgres of its own, produces first, then a round to warm up, then rounds of all
 * in turn.
 *
 *   node dist/native-bench/pipeline.js [--json] [--records 5000000] [--rounds 5] [--set key=value]… [--profile folder]
 *     [--without-psql]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { kafkaVersion } from '../stack/jars.ts'
import { emptyLoad, fullCeiling, type LoadRound, runCeiling } from './pipeline/ceiling.ts'
import type { ProgramRound } from './pipeline/program.ts'
import { findPsql, runPsql } from './pipeline/psql.ts'
import {
  fillTopic,
  PARTITIONS,
  postgresSettings,
  type Servers,
  say,
  startServers,
  thousands,
} from './pipeline/servers.ts'
import { runOurs, warmUp } from './pipeline/warm-up.ts'
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
  readonly ceiling: LoadRound
  /** Null: no psql came with the server. Absent: older than this comparison. */
  readonly psql?: LoadRound | null
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
  /** Null or absent as in the rounds. */
  readonly psqlRowsPerSecond?: Summary | null
  /** Rows a second over those of psql, round by round. */
  readonly ofPsqlCopy?: Summary | null
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
  readonly withoutPsql: boolean
  readonly json: boolean
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      records: { type: 'string', default: String(LEAST_RECORDS) },
      rounds: { type: 'string', default: '5' },
      set: { type: 'string', multiple: true, default: [] },
      profile: { type: 'string' },
      'without-psql': { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const records = Number(values.records)
  const rounds = Number(values.rounds)
  if (!(records >= 1000 && rounds >= 1)) throw new Error('--records of at least 1000, --rounds of at least 1')
  return {
    records,
    rounds,
    settings: values.set,
    profile: values.profile ?? null,
    withoutPsql: values['without-psql'],
    json: values.json,
  }
}

async function measureRound(
  servers: Servers,
  options: Options,
  psqlPath: string | null,
  number: number,
): Promise<Round> {
  const load = loadavg()[0]!
  const program = await runOurs(servers, options, await servers.databases.fresh(), number)
  const ceiling = await runCeiling(await emptyLoad(servers, options.records), fullCeiling)
  const psql = psqlPath === null ? null : await runPsql(psqlPath, await emptyLoad(servers, options.records))
  const { rowsPerSecond, ourCpuUsPerRow, postgresCpuUsPerRow, kafkaCpuUsPerRow, peakRssBytes } = program
  say(
    `round ${number}: ${thousands(rowsPerSecond)} rows/s in ${program.transactions} transactions, ` +
      `ceiling ${thousands(ceiling.rowsPerSecond)}` +
      `${psql ? `, psql ${thousands(psql.rowsPerSecond)}` : ''}; CPU µs/row: ours ${ourCpuUsPerRow.toFixed(2)}, ` +
      `Postgres ${postgresCpuUsPerRow.toFixed(2)} (ceiling ${ceiling.postgresCpuUsPerRow.toFixed(2)}), ` +
      `Kafka ${kafkaCpuUsPerRow.toFixed(2)}; peak ${(peakRssBytes / 2 ** 20).toFixed(0)} MiB; load ${load.toFixed(2)}`,
  )
  return { program, ceiling, psql, load }
}

/** Of the rounds with psql; null where there is none. */
function summarizePsql(rounds: readonly Round[]): Pick<PipelineFigures, 'psqlRowsPerSecond' | 'ofPsqlCopy'> {
  const compared = rounds.flatMap(({ program, psql }) => (psql ? [{ program, psql }] : []))
  if (compared.length === 0) return { psqlRowsPerSecond: null, ofPsqlCopy: null }
  return {
    psqlRowsPerSecond: summarize(compared.map(({ psql }) => psql.rowsPerSecond)),
    ofPsqlCopy: summarize(compared.map(({ program, psql }) => program.rowsPerSecond / psql.rowsPerSecond)),
  }
}

async function measure(options: Options): Promise<PipelineFigures> {
  const psql = options.withoutPsql ? null : await findPsql()
  if (psql === null && !options.withoutPsql) say('no psql comes with this Postgres: its figures are left out')
  const servers = await startServers()
  try {
    const bytesPerRecord = await fillTopic(servers, options.records)
    await warmUp(servers, options, [fullCeiling.format])
    const rounds: Round[] = []
    for (let number = 1; number <= options.rounds; number++)
      rounds.push(await measureRound(servers, options, psql, number))
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
      ...summarizePsql(rounds),
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
const isKept =
  options.records >= LEAST_RECORDS &&
  options.settings.length === 0 &&
  options.profile === null &&
  !options.withoutPsql
if (isKept) say(`wrote ${writeReport(report)}`)
else
  say('not kept: results are kept of runs with the default settings, psql and five million records or more')
showReport(
  report,
  options.json,
  [`${figures.records} JSON records of ${figures.bytesPerRecord.toFixed(0)} bytes`, 'min', 'median', 'max'],
  [
    summaryRow('rows/s, Kafka to COMMIT', figures.rowsPerSecond, 0),
    summaryRow('rows/s, ceiling: two server-side COPYs', figures.ceilingRowsPerSecond, 0),
    summaryRow('of the ceiling', figures.ofCeiling, 2),
    ...(figures.psqlRowsPerSecond
      ? [summaryRow("rows/s, two of psql's \\copy", figures.psqlRowsPerSecond, 0)]
      : []),
    ...(figures.ofPsqlCopy ? [summaryRow("of psql's \\copy", figures.ofPsqlCopy, 2)] : []),
    summaryRow('CPU µs a row, ours', figures.ourCpuUsPerRow, 2),
    summaryRow('CPU µs a row, Postgres', figures.postgresCpuUsPerRow, 2),
    summaryRow('CPU µs a row, Kafka', figures.kafkaCpuUsPerRow, 2),
    summaryRow('our CPU over that of Postgres', figures.ofPostgresCpu, 2),
    summaryRow('peak RSS, MiB', figures.peakRssMiB, 0),
  ],
)

/**
 * How fast does this Postgres take rows that are encoded already, from files of its own disk? Text and binary, one session
 * and two. The rows are those of the whole path's benchmark, byte for byte as the program sends them: it stores them once,
 * then a round that does not count, then rounds of all ways, each begun by another.
 *
 *   node dist/native-bench/ceiling.js [--json] [--records 2000000] [--rounds 5]
 */
import { parseArgs } from 'node:util'
import { kafkaVersion } from '../stack/jars.ts'
import { ceilingWays, sumUpWays, turnsOf, type WayFigures, wordsOf } from './ceiling/ways.ts'
import { emptyLoad, type LoadRound, runCeiling } from './pipeline/ceiling.ts'
import { copyFormats } from './pipeline/dump.ts'
import {
  fillTopic,
  postgresSettings,
  progress,
  type Servers,
  say,
  startServers,
  thousands,
} from './pipeline/servers.ts'
import { warmUp } from './pipeline/warm-up.ts'
import { commandOf, makeReport, showReport, writeReport } from './report.ts'

/** Fewer are shown and not kept. */
const LEAST_RECORDS = 2_000_000
const LEAST_ROUNDS = 5

export interface CeilingFigures {
  readonly records: number
  readonly bytesPerRecord: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  readonly postgresSettings: Readonly<Record<string, string>>
  readonly ways: readonly WayFigures[]
  /** In each one figure a way, in the ways' order. */
  readonly rounds: readonly (readonly LoadRound[])[]
}

async function measureRound(servers: Servers, records: number, number: number): Promise<LoadRound[]> {
  const round = new Map<number, LoadRound>()
  for (const index of turnsOf(number)) {
    const way = ceilingWays[index]!
    progress(`round ${number}: ${wordsOf(way)}`)
    round.set(index, await runCeiling(await emptyLoad(servers, records), way))
  }
  const inOrder = ceilingWays.map((_, index) => round.get(index)!)
  const rates = inOrder.map(
    ({ rowsPerSecond }, index) => `${wordsOf(ceilingWays[index]!)} ${thousands(rowsPerSecond)}`,
  )
  say(`round ${number}${number === 0 ? ', which does not count' : ''}, rows/s: ${rates.join('; ')}`)
  return inOrder
}

async function measure(records: number, rounds: number): Promise<CeilingFigures> {
  const servers = await startServers()
  try {
    const bytesPerRecord = await fillTopic(servers, records)
    await warmUp(servers, { records, settings: [] }, copyFormats)
    await measureRound(servers, records, 0)
    const measured: LoadRound[][] = []
    for (let number = 1; number <= rounds; number++)
      measured.push(await measureRound(servers, records, number))
    return {
      records,
      bytesPerRecord,
      versions: { kafka: kafkaVersion(), postgres: servers.databases.serverVersion },
      postgresSettings,
      ways: sumUpWays(measured),
      rounds: measured,
    }
  } finally {
    await servers.stop()
  }
}

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: String(LEAST_RECORDS) },
    rounds: { type: 'string', default: String(LEAST_ROUNDS) },
    json: { type: 'boolean', default: false },
  },
})
const [records, rounds] = [Number(values.records), Number(values.rounds)]
if (!(records >= 1000 && rounds >= 1)) throw new Error('--records of at least 1000, --rounds of at least 1')
const figures = await measure(records, rounds)
const report = makeReport('ceiling', commandOf('ceiling'), figures)
if (records >= LEAST_RECORDS && rounds >= LEAST_ROUNDS) say(`wrote ${writeReport(report)}`)
else say(`not kept: results are kept of ${LEAST_ROUNDS} rounds of ${LEAST_RECORDS} records or more`)
showReport(
  report,
  values.json,
  [
    `COPY of ${figures.records} rows`,
    'rows/s: min',
    'median',
    'max',
    'Postgres, µs a row',
    'of binary, 2 sessions',
  ],
  figures.ways.map(way => [
    wordsOf(way),
    ...[way.rowsPerSecond.min, way.rowsPerSecond.median, way.rowsPerSecond.max].map(rate => rate.toFixed(0)),
    way.postgresCpuUsPerRow.median.toFixed(2),
    way.ofFull.median.toFixed(2),
  ]),
)

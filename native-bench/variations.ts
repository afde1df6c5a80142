/**
 * What does each thing that users choose cost: format, record size, compression, partitions, threads, writers, memory,
 * indexes? One is varied at a time, and the usual records are stored again and again in between (variations/order.ts): the
 * ratio to them is what counts. By default that is 35 runs in each of five rounds, half an hour and more where other work
 * takes the cores; after each run it says how many minutes are to go.
 *
 *   node dist/native-bench/variations.js [--json] [--records 1000000] [--rounds 5] [--only dimension]
 */
import { parseArgs } from 'node:util'
import { produce } from '../src/produce/produce.ts'
import { kafkaVersion } from '../stack/jars.ts'
import { type ProgramRound, runProgram } from './pipeline/program.ts'
import { progress, type Servers, say, startServers, thousands } from './pipeline/servers.ts'
import { commandOf, makeReport, type Summary, showReport, summarize, writeReport } from './report.ts'
import { type Variation, variations } from './variations/list.ts'
import { ratesOfUsual, runsOfRound } from './variations/order.ts'
import { runsToGo } from './variations/progress.ts'
import { checkRows, prepareRows } from './variations/rows.ts'

/** Fewer are shown and not kept. */
const LEAST_RECORDS = 1_000_000
const LEAST_ROUNDS = 5
/** Of a topic: large records are fewer. */
const MOST_BYTES = 600e6

export interface VariationFigures {
  readonly dimension: string
  readonly name: string
  readonly records: number
  readonly bytesPerRecord: number
  readonly rowsPerSecond: Summary
  /** Rows a second over those of the usual records before and behind it; of these themselves: how even they were. */
  readonly ofUsual: Summary
  readonly ourCpuUsPerRow: Summary
  readonly postgresCpuUsPerRow: Summary
  readonly peakRssMiB: Summary
}

export interface VariationsFigures {
  readonly rounds: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  readonly variations: readonly VariationFigures[]
}

interface Filled {
  readonly records: number
  readonly bytesPerRecord: number
}

const topicOf = ({ topic }: Variation): string => `bench-variation-${topic}`

async function fill({ kafka }: Servers, variation: Variation, most: number): Promise<Filled> {
  const records = Math.min(most, Math.floor(MOST_BYTES / variation.bytesPerRecord))
  const summary = await produce({
    brokers: kafka.address.split(','),
    topic: topicOf(variation),
    createPartitions: variation.partitions,
    compression: variation.codec,
    source: variation.source(records),
    onProgress: ({ acknowledged }) => progress(`${topicOf(variation)}: ${thousands(acknowledged)}`),
  })
  return { records, bytesPerRecord: summary.bytes / records }
}

let groups = 0

/** Stores a topic once; what the first round of a variation left is looked at. */
async function run(
  servers: Servers,
  variation: Variation,
  { records }: Filled,
  isFirst: boolean,
): Promise<ProgramRound> {
  const { kafka, postgres, databases } = servers
  groups += 1
  const topic = topicOf(variation)
  const database = await databases.fresh()
  await prepareRows(database, variation)
  const round = await runProgram({
    brokers: kafka.address,
    topic,
    group: `bench-variation-${groups}`,
    database,
    records,
    kafkaPid: kafka.pid!,
    postgresPid: postgres.pid!,
    settings: variation.settings.map(setting => setting.replace('{topic}', topic)),
    profile: null,
    onProgress: stored => progress(`${variation.dimension} ${variation.name}: ${thousands(stored)}`),
  })
  if (isFirst) await checkRows(database, variation)
  return round
}

async function measure(
  records: number,
  rounds: number,
  chosen: readonly Variation[],
): Promise<VariationsFigures> {
  const servers = await startServers()
  try {
    const filled = new Map<string, Filled>()
    for (const variation of chosen) {
      if (filled.has(variation.topic)) continue
      say(`filling ${topicOf(variation)}`)
      filled.set(variation.topic, await fill(servers, variation, records))
    }
    const [usual] = chosen as readonly [Variation, ...Variation[]]
    // Warms up, and does not count.
    await run(servers, usual, filled.get(usual.topic)!, false)
    const begin = performance.now()
    let done = 0
    const results = chosen.map((): { round: ProgramRound; ofUsual: number }[] => [])
    const runs = runsOfRound(chosen.length)
    for (let number = 1; number <= rounds; number++) {
      const ofRound: ProgramRound[] = []
      for (const n of runs) {
        const variation = chosen[n]!
        const isFirst = number === 1 && (n > 0 || ofRound.length === 0)
        const round = await run(servers, variation, filled.get(variation.topic)!, isFirst)
        ofRound.push(round)
        done += 1
        say(
          `round ${number} of ${rounds}: ${variation.dimension} ${variation.name}: ` +
            `${thousands(round.rowsPerSecond)} rows/s; ` +
            runsToGo(done, rounds * runs.length, performance.now() - begin),
        )
      }
      const rates = ratesOfUsual(
        runs,
        ofRound.map(({ rowsPerSecond }) => rowsPerSecond),
      )
      for (const [place, n] of runs.entries())
        results[n]!.push({ round: ofRound[place]!, ofUsual: rates[place]! })
    }
    return {
      rounds,
      versions: { kafka: kafkaVersion(), postgres: servers.databases.serverVersion },
      variations: chosen.map((variation, n) => {
        const each = (of: (result: { round: ProgramRound; ofUsual: number }) => number): Summary =>
          summarize(results[n]!.map(of))
        return {
          dimension: variation.dimension,
          name: variation.name,
          ...filled.get(variation.topic)!,
          rowsPerSecond: each(({ round }) => round.rowsPerSecond),
          ofUsual: each(({ ofUsual }) => ofUsual),
          ourCpuUsPerRow: each(({ round }) => round.ourCpuUsPerRow),
          postgresCpuUsPerRow: each(({ round }) => round.postgresCpuUsPerRow),
          peakRssMiB: each(({ round }) => round.peakRssBytes / 2 ** 20),
        }
      }),
    }
  } finally {
    await servers.stop()
  }
}

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: String(LEAST_RECORDS) },
    rounds: { type: 'string', default: String(LEAST_ROUNDS) },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
})
const [records, rounds] = [Number(values.records), Number(values.rounds)]
if (!(records >= 1000 && rounds >= 1)) throw new Error('--records of at least 1000, --rounds of at least 1')
const chosen = variations.filter(
  ({ dimension }, n) => n === 0 || values.only === undefined || dimension === values.only,
)
const figures = await measure(records, rounds, chosen)
const report = makeReport('variations', commandOf('variations'), figures)
if (values.only === undefined && records >= LEAST_RECORDS && rounds >= LEAST_ROUNDS)
  say(`wrote ${writeReport(report)}`)
else
  say(
    `not kept: results are kept of all variations, ${LEAST_ROUNDS} rounds, ${LEAST_RECORDS} records or more`,
  )
showReport(
  report,
  values.json,
  ['', '', 'rows/s', 'of the usual', 'µs a row: ours', 'Postgres', 'MiB'],
  figures.variations.map(each => [
    each.dimension,
    each.name,
    Math.round(each.rowsPerSecond.median).toLocaleString('en-US'),
    each.ofUsual.median.toFixed(2),
    each.ourCpuUsPerRow.median.toFixed(2),
    each.postgresCpuUsPerRow.median.toFixed(2),
    each.peakRssMiB.median.toFixed(0),
  ]),
)

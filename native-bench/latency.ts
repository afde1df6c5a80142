/**
 * How long from the producer's acknowledgement until the row can be read? First the maximum rate, from a backlog; then
 * batches at shares of it, one share after the other, and a thread that asks Postgres every few milliseconds what is visible.
 *
 *   node dist/native-bench/latency.js [--json] [--records 2000000] [--seconds 20] [--rounds 5]
 */
import { parseArgs } from 'node:util'
import { produce } from '../src/produce/produce.ts'
import { kafkaVersion } from '../stack/jars.ts'
import { startProgram } from '../stack/program.ts'
import { endsOf, latencies, percentile } from './latency/percentiles.ts'
import { LINGER_MS, sendReadyBatches } from './latency/ready-batches.ts'
import { LOOK_EVERY_MS, watch } from './latency/watch.ts'
import { runProgram } from './pipeline/program.ts'
import { wellFormedRecords } from './pipeline/records.ts'
import {
  fillTopic,
  PARTITIONS,
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

/** Of the maximum rate. */
const SHARES = [0.01, 0.1, 0.5] as const
const PERCENTILES = [50, 99, 99.9] as const
/** Fewer are shown and not kept. */
const LEAST_ROUNDS = 5
/** Connections are made and code is compiled in it; it does not count. */
const WARM_UP_SECONDS = 5

export interface ShareFigures {
  readonly share: number
  /** Asked of the producer, and what it did. */
  readonly recordsPerSecond: number
  readonly producedPerSecond: Summary
  /** ms from acknowledgement to visible, by percentile. */
  readonly ms: readonly { readonly percentile: number; readonly latency: Summary }[]
}

export interface LatencyFigures {
  readonly bytesPerRecord: number
  readonly partitions: number
  readonly seconds: number
  /** Between the batches of a partition, ms. */
  readonly lingerMs: number
  /** Between two looks at what is visible, ms; 1 in results that do not say. */
  readonly lookEveryMs?: number
  readonly rounds: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  readonly maximumRowsPerSecond: number
  readonly shares: readonly ShareFigures[]
}

interface Slice {
  readonly producedPerSecond: number
  readonly sorted: Float64Array
}

let topics = 0

/** Rows a second from a backlog, as the benchmark of the whole path counts them. */
async function maximumRate({ kafka, postgres, databases }: Servers, records: number): Promise<number> {
  const rates: number[] = []
  // The first one warms up.
  for (const group of ['warm', 'one', 'two', 'three']) {
    const round = await runProgram({
      brokers: kafka.address,
      topic: TOPIC,
      group: `bench-latency-${group}`,
      database: await databases.fresh(),
      records,
      kafkaPid: kafka.pid!,
      postgresPid: postgres.pid!,
      settings: [],
      profile: null,
      onProgress: stored => progress(`maximum rate: ${thousands(stored)}`),
    })
    if (group !== 'warm') rates.push(round.rowsPerSecond)
  }
  return summarize(rates).median
}

/** One producer at this rate for so long; every record's latency, ms. */
async function measureRate(
  brokers: string,
  database: string,
  topic: string,
  recordsPerSecond: number,
  seconds: number,
): Promise<Slice> {
  const watching = await watch({ database, topic })
  const sent = await sendReadyBatches({
    brokers,
    topic,
    recordsPerSecond,
    seconds,
    onProgress: acknowledged => progress(`${thousands(recordsPerSecond)}/s: ${thousands(acknowledged)}`),
  })
  const sorted = latencies(sent.acks, await watching.until(endsOf(sent.acks)))
  return { producedPerSecond: sent.recordsPerSecond, sorted }
}

async function measure(records: number, seconds: number, rounds: number): Promise<LatencyFigures> {
  const servers = await startServers()
  const { kafka, databases } = servers
  try {
    const bytesPerRecord = await fillTopic(servers, records)
    const maximum = await maximumRate(servers, records)
    say(`maximum: ${thousands(maximum)} rows/s`)
    const slices = SHARES.map((): Slice[] => [])
    for (let round = 1; round <= rounds; round++) {
      const topic = `bench-latency-${++topics}`
      const database = await databases.fresh()
      await produce({
        brokers: kafka.address.split(','),
        topic,
        createPartitions: PARTITIONS,
        source: wellFormedRecords(1_000),
      })
      const program = startProgram({
        settings: [
          `kafka.brokers=${kafka.address}`,
          `kafka.topics=${topic}`,
          `kafka.group_id=${topic}`,
          `postgres.url=${database}`,
        ],
        onLine: () => undefined,
      })
      try {
        await measureRate(kafka.address, database, topic, maximum * SHARES[1], WARM_UP_SECONDS)
        for (const [n, share] of SHARES.entries()) {
          const slice = await measureRate(kafka.address, database, topic, maximum * share, seconds)
          slices[n]!.push(slice)
          const shown = PERCENTILES.map(p => `p${p} ${percentile(slice.sorted, p).toFixed(1)} ms`)
          say(`round ${round}, ${share * 100} %: ${shown.join(', ')}`)
        }
      } finally {
        await program.stop()
      }
    }
    return {
      bytesPerRecord,
      partitions: PARTITIONS,
      seconds,
      lingerMs: LINGER_MS,
      lookEveryMs: LOOK_EVERY_MS,
      rounds,
      versions: { kafka: kafkaVersion(), postgres: databases.serverVersion },
      maximumRowsPerSecond: maximum,
      shares: SHARES.map((share, n) => ({
        share,
        recordsPerSecond: maximum * share,
        producedPerSecond: summarize(slices[n]!.map(({ producedPerSecond }) => producedPerSecond)),
        ms: PERCENTILES.map(p => ({
          percentile: p,
          latency: summarize(slices[n]!.map(({ sorted }) => percentile(sorted, p))),
        })),
      })),
    }
  } finally {
    await servers.stop()
  }
}

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '2000000' },
    seconds: { type: 'string', default: '20' },
    rounds: { type: 'string', default: String(LEAST_ROUNDS) },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const figures = await measure(Number(values.records), Number(values.seconds), rounds)
const report = makeReport('latency', commandOf('latency'), figures)
if (rounds >= LEAST_ROUNDS) writeReport(report)
showReport(
  report,
  values.json,
  ['ms from acknowledgement to visible', 'min', 'median', 'max'],
  figures.shares.flatMap(({ share, ms }) =>
    ms.map(({ percentile, latency }) =>
      summaryRow(`at ${share * 100} % of the maximum, p${percentile}`, latency, 1),
    ),
  ),
)

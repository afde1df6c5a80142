/**
 * What does it cost to have nothing to do, and how soon is the first row there? Starts the program several times on a
 * small backlog, and watches its CPU time when everything is stored.
 *
 *   node dist/native-bench/idle.js [--json] [--starts 5] [--seconds 30] [--dry]
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { produce } from '../src/produce/produce.ts'
import { migrate } from '../src/store/migrate.ts'
import { startKafka } from '../stack/kafka.ts'
import { startPostgres } from '../stack/postgres.ts'
import { startProgram } from '../stack/program.ts'
import { startRedis } from '../stack/redis.ts'
import { wellFormedRecords } from './pipeline/records.ts'
import { cpuSeconds } from './process-usage.ts'
import {
  commandOf,
  makeReport,
  type Summary,
  showReport,
  summarize,
  summaryRow,
  writeReport,
} from './report.ts'

const RECORDS = 1_000
const PARTITIONS = 4
const POLL_MS = 5
const FIRST_ROW_DEADLINE_MS = 60_000
/** The seconds after the last row do not count: timers, garbage and compilation settle. */
const SETTLE_MS = 5_000
const SLICE_MS = 5_000

export interface IdleFigures {
  readonly partitions: number
  readonly starts: number
  /** Share of one core, by slices of five seconds of every start; the mirror is on. */
  readonly idleCores: Summary
  /** From the group join until a row is visible, s. */
  readonly joinToFirstRow: Summary
  /** From the start of the process until a row is visible, s. */
  readonly startToFirstRow: Summary
}

interface Addresses {
  readonly kafka: string
  readonly redis: string
}

interface Start {
  readonly joinToFirstRow: number
  readonly startToFirstRow: number
  readonly slices: readonly number[]
}

async function measureStart({ kafka, redis }: Addresses, database: string, seconds: number): Promise<Start> {
  const topic = `bench-idle-${randomUUID()}`
  const source = wellFormedRecords(RECORDS)
  await produce({ brokers: kafka.split(','), topic, createPartitions: PARTITIONS, source })
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  const startedAt = performance.now()
  let joinedAt = Number.POSITIVE_INFINITY
  const program = startProgram({
    settings: [
      `kafka.brokers=${kafka}`,
      `kafka.topics=${topic}`,
      `kafka.group_id=${topic}`,
      `postgres.url=${database}`,
      `redis.url=${redis}`,
    ],
    onLine: ({ event }) => {
      if (event === 'source:group:joined') joinedAt = performance.now()
    },
  })
  try {
    const firstRowAt = await untilStored(client, topic, 1)
    await untilStored(client, topic, RECORDS)
    await delay(SETTLE_MS)
    const slices: number[] = []
    for (let left = seconds * 1000; left > 0; left -= SLICE_MS) slices.push(await shareOfCore(program.pid))
    return {
      joinToFirstRow: (firstRowAt - joinedAt) / 1000,
      startToFirstRow: (firstRowAt - startedAt) / 1000,
      slices,
    }
  } finally {
    await program.stop()
    await client.end()
  }
}

/** When so many records of the topic are committed, by our clock. */
async function untilStored(client: pg.Client, topic: string, records: number): Promise<number> {
  const deadline = performance.now() + FIRST_ROW_DEADLINE_MS
  while (performance.now() < deadline) {
    const { rows } = await client.query<{ stored: string | null }>(
      `select sum(next_offset - start_offset) as stored
       from logcollector.offsets join logcollector.topics using (topic_id) where topic = $1`,
      [topic],
    )
    if (Number(rows[0]!.stored) >= records) return performance.now()
    await delay(POLL_MS)
  }
  throw new Error(`${records} records were not stored in ${FIRST_ROW_DEADLINE_MS} ms`)
}

async function shareOfCore(pid: number): Promise<number> {
  const [cpu, at] = [cpuSeconds(pid), performance.now()]
  await delay(SLICE_MS)
  return ((cpuSeconds(pid) - cpu) * 1000) / (performance.now() - at)
}

async function measure(starts: number, seconds: number): Promise<IdleFigures> {
  const stops: (() => Promise<void>)[] = []
  try {
    const kafka = await startKafka()
    stops.push(() => kafka.stop())
    const postgres = await startPostgres()
    stops.push(() => postgres.stop())
    const redis = await startRedis()
    stops.push(() => redis.stop())
    await migrate(postgres.url)
    const all: Start[] = []
    for (let start = 1; start <= starts; start++) {
      console.error(`start ${start} of ${starts}`)
      all.push(await measureStart({ kafka: kafka.address, redis: redis.url }, postgres.url, seconds))
    }
    return {
      partitions: PARTITIONS,
      starts,
      idleCores: summarize(all.flatMap(({ slices }) => slices)),
      joinToFirstRow: summarize(all.map(({ joinToFirstRow }) => joinToFirstRow)),
      startToFirstRow: summarize(all.map(({ startToFirstRow }) => startToFirstRow)),
    }
  } finally {
    await Promise.all(stops.map(stop => stop()))
  }
}

const { values } = parseArgs({
  options: {
    starts: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '30' },
    dry: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const figures = await measure(Number(values.starts), Number(values.seconds))
const report = makeReport('idle', commandOf('idle'), figures)
if (!values.dry) writeReport(report)
showReport(
  report,
  values.json,
  ['with nothing to do, and at the start', 'min', 'median', 'max'],
  [
    summaryRow('share of one core, idle', figures.idleCores, 4),
    summaryRow('s from group join to first row', figures.joinToFirstRow, 2),
    summaryRow('s from process start to first row', figures.startToFirstRow, 2),
  ],
)

/**
 * Does memory keep its bound with ten million records of backlog? Starts a Kafka and a Postgres of its own, produces
 * first, then stores all of it with two workers and memory.budget at 256 MiB. Plain records, then the same compressed,
 * then plain ones of 10 kB, so many that they have 1.5 GB (unless --codecs leaves out plain ones).
 *
 *   node dist/native-bench/memory.js [--json] [--records 10000000] [--codecs none,gzip,snappy,lz4,zstd]
 */
import { parseArgs } from 'node:util'
import { type Codec, codecs } from '../src/codecs/codec.ts'
import { produce } from '../src/produce/produce.ts'
import { kafkaVersion } from '../stack/jars.ts'
import { startKafka } from '../stack/kafka.ts'
import { startPostgres } from '../stack/postgres.ts'
import { backlogName, backlogsOf, type Planned } from './memory/backlogs.ts'
import { type Databases, prepareDatabases } from './pipeline/databases.ts'
import { runProgram } from './pipeline/program.ts'
import { commandOf, makeReport, showReport, writeReport } from './report.ts'

const MIB = 2 ** 20
const PARTITIONS = 16
const WORKERS = 2
const BUDGET_MIB = 256
/** Fewer are shown and not kept. */
const LEAST_RECORDS = 10_000_000

export interface Backlog {
  readonly codec: Codec
  /** Absent in older results, like what follows: as all of them had. */
  readonly records?: number
  readonly bytesPerRecord?: number
  readonly peakRssMiB: number
  readonly rowsPerSecond: number
}

export interface MemoryFigures {
  /** Of the first backlog, like the bytes. */
  readonly records: number
  readonly bytesPerRecord: number
  readonly partitions: number
  readonly workers: number
  readonly budgetMiB: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  readonly backlogs: readonly Backlog[]
}

interface Servers {
  readonly kafka: { readonly address: string; readonly pid: number | null }
  readonly postgres: { readonly pid: number | null }
  readonly databases: Databases
}

const say = (text: string): void => console.error(text)

/** Fills a topic, stores it, and returns the peak. */
async function store(
  { kafka, postgres, databases }: Servers,
  { name, codec, records, source }: Planned,
): Promise<Required<Backlog>> {
  const topic = `bench-memory-${name}`
  const produced = await produce({
    brokers: kafka.address.split(','),
    topic,
    createPartitions: PARTITIONS,
    source: source(records),
    compression: codec,
  })
  say(`${topic}: produced ${produced.records} records`)
  const { peakRssBytes, rowsPerSecond } = await runProgram({
    brokers: kafka.address,
    topic,
    group: topic,
    database: await databases.fresh(),
    records,
    kafkaPid: kafka.pid!,
    postgresPid: postgres.pid!,
    // The API's own memory is beside the budget.
    settings: [`workers=${WORKERS}`, `memory.budget=${BUDGET_MIB}MiB`, 'roles=consume,maintain'],
    profile: null,
    onProgress: () => undefined,
  })
  const peakRssMiB = peakRssBytes / MIB
  say(`${topic}: peak RSS ${peakRssMiB.toFixed(0)} MiB at ${rowsPerSecond.toFixed(0)} rows/s`)
  return { codec, records, bytesPerRecord: produced.bytes / records, peakRssMiB, rowsPerSecond }
}

async function measure(planned: readonly Planned[]): Promise<MemoryFigures> {
  const stops: (() => Promise<void>)[] = []
  try {
    const kafka = await startKafka({ report: say })
    stops.push(() => kafka.stop())
    const postgres = await startPostgres({
      settings: { shared_buffers: '512MB', max_wal_size: '4GB', track_commit_timestamp: 'on' },
      report: say,
    })
    stops.push(() => postgres.stop())
    const databases = await prepareDatabases(postgres.url)
    const servers = { kafka, postgres, databases }
    const backlogs: Required<Backlog>[] = []
    for (const each of planned) backlogs.push(await store(servers, each))
    return {
      records: backlogs[0]!.records,
      bytesPerRecord: backlogs[0]!.bytesPerRecord,
      partitions: PARTITIONS,
      workers: WORKERS,
      budgetMiB: BUDGET_MIB,
      versions: { kafka: kafkaVersion(), postgres: databases.serverVersion },
      backlogs,
    }
  } finally {
    await Promise.all(stops.map(stop => stop()))
  }
}

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: String(LEAST_RECORDS) },
    codecs: { type: 'string', default: codecs.join() },
    json: { type: 'boolean', default: false },
  },
})
const records = Number(values.records)
if (!(records >= 1000)) throw new Error('--records of at least 1000')
const chosen = codecs.filter(codec => values.codecs.split(',').includes(codec))
if (chosen.length === 0) throw new Error(`--codecs of ${codecs.join()}`)
const figures = await measure(backlogsOf(records, chosen))
const report = makeReport('memory', commandOf('memory'), figures)
if (records >= LEAST_RECORDS && chosen.length === codecs.length) say(`wrote ${writeReport(report)}`)
else say('not kept: results are kept of runs with ten million records or more and every codec')
showReport(
  report,
  values.json,
  ['', 'records', 'bytes', 'peak RSS, MiB', 'of', 'rows/s'],
  figures.backlogs.map(backlog => [
    backlogName(backlog, figures),
    String(backlog.records),
    backlog.bytesPerRecord!.toFixed(0),
    backlog.peakRssMiB.toFixed(0),
    String(BUDGET_MIB),
    backlog.rowsPerSecond.toFixed(0),
  ]),
)
if (figures.backlogs.some(({ peakRssMiB }) => peakRssMiB > BUDGET_MIB)) process.exitCode = 1

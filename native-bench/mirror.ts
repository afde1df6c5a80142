/**
 * What does the mirror in Redis cost, and what does a Redis cost that is ill? Every round stores the same records
 * without a mirror and then with one whose Redis is well, stalled, or killed.
 *
 *   node dist/native-bench/mirror.js [--json] [--records 3000000] [--rounds 5]
 */
import { parseArgs } from 'node:util'
import { kafkaVersion } from '../stack/jars.ts'
import { type Redis, startRedis } from '../stack/redis.ts'
import { type ProgramRound, runProgram } from './pipeline/program.ts'
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

/** Fewer are shown and not kept. */
const LEAST_RECORDS = 3_000_000
const LEAST_ROUNDS = 5

const conditions = ['well', 'stalled', 'killed'] as const
type Condition = (typeof conditions)[number]

export interface MirrorFigures {
  readonly records: number
  readonly bytesPerRecord: number
  readonly partitions: number
  readonly versions: { readonly kafka: string; readonly postgres: string }
  readonly withoutRowsPerSecond: Summary
  /** Rows a second with the mirror over those without, round by round. */
  readonly ofWithout: Readonly<Record<Condition, Summary>>
  /** CPU of the program with the mirror over that without. */
  readonly cpuOfWithout: Readonly<Record<Condition, Summary>>
}

type Round = Readonly<Record<Condition | 'without', ProgramRound>>

/** Does to Redis what the condition says, and undoes it; called when the program has its first partition. */
const illnesses: Readonly<
  Record<Condition, { start: (redis: Redis) => unknown; end: (redis: Redis) => unknown }>
> = {
  well: { start: () => undefined, end: () => undefined },
  stalled: {
    start: redis => process.kill(redis.pid!, 'SIGSTOP'),
    end: redis => process.kill(redis.pid!, 'SIGCONT'),
  },
  killed: { start: redis => redis.kill(), end: redis => redis.restart() },
}

let groups = 0

async function run(
  servers: Servers,
  records: number,
  redis: Redis | null,
  condition: Condition,
): Promise<ProgramRound> {
  const { kafka, postgres, databases } = servers
  groups += 1
  const { start, end } = illnesses[condition]
  let isIll = false
  const fallIll = async () => {
    if (isIll || redis === null) return
    isIll = true
    await start(redis)
  }
  const round = await runProgram({
    brokers: kafka.address,
    topic: TOPIC,
    group: `bench-mirror-${groups}`,
    database: await databases.fresh(),
    records,
    kafkaPid: kafka.pid!,
    postgresPid: postgres.pid!,
    settings: redis === null ? [] : [`redis.url=${redis.url}`],
    profile: null,
    onProgress: (stored, ms) => {
      void fallIll()
      progress(
        `${redis === null ? 'without' : condition}: ${thousands(stored)}, ${thousands((stored / ms) * 1000)}/s`,
      )
    },
  })
  if (isIll) await end(redis!)
  return round
}

async function measureRound(servers: Servers, redis: Redis, records: number, number: number): Promise<Round> {
  const without = await run(servers, records, null, 'well')
  const well = await run(servers, records, redis, 'well')
  const stalled = await run(servers, records, redis, 'stalled')
  const killed = await run(servers, records, redis, 'killed')
  const share = (round: ProgramRound): string => (round.rowsPerSecond / without.rowsPerSecond).toFixed(2)
  say(
    `round ${number}: without ${thousands(without.rowsPerSecond)} rows/s; of that with a Redis that is ` +
      `well ${share(well)}, stalled ${share(stalled)}, killed ${share(killed)}`,
  )
  return { without, well, stalled, killed }
}

async function measure(records: number, rounds: number): Promise<MirrorFigures> {
  const servers = await startServers()
  const redis = await startRedis({ report: say })
  try {
    const bytesPerRecord = await fillTopic(servers, records)
    // Warms up, and does not count.
    await run(servers, records, null, 'well')
    const all: Round[] = []
    for (let number = 1; number <= rounds; number++)
      all.push(await measureRound(servers, redis, records, number))
    const each = (pick: (round: ProgramRound) => number): Record<Condition, Summary> =>
      Object.fromEntries(
        conditions.map(name => [name, summarize(all.map(round => pick(round[name]) / pick(round.without)))]),
      ) as Record<Condition, Summary>
    return {
      records,
      bytesPerRecord,
      partitions: PARTITIONS,
      versions: { kafka: kafkaVersion(), postgres: servers.databases.serverVersion },
      withoutRowsPerSecond: summarize(all.map(({ without }) => without.rowsPerSecond)),
      ofWithout: each(({ rowsPerSecond }) => rowsPerSecond),
      cpuOfWithout: each(({ ourCpuUsPerRow }) => ourCpuUsPerRow),
    }
  } finally {
    await Promise.all([redis.stop(), servers.stop()])
  }
}

const { values } = parseArgs({
  options: {
    records: { type: 'string', default: String(LEAST_RECORDS) },
    rounds: { type: 'string', default: String(LEAST_ROUNDS) },
    json: { type: 'boolean', default: false },
  },
})
const records = Number(values.records)
const rounds = Number(values.rounds)
if (!(records >= 1000 && rounds >= 1)) throw new Error('--records of at least 1000, --rounds of at least 1')
const figures = await measure(records, rounds)
const report = makeReport('mirror', commandOf('mirror'), figures)
if (records >= LEAST_RECORDS && rounds >= LEAST_ROUNDS) say(`wrote ${writeReport(report)}`)
showReport(
  report,
  values.json,
  [`${figures.records} JSON records`, 'min', 'median', 'max'],
  [
    summaryRow('rows/s without a mirror', figures.withoutRowsPerSecond, 0),
    ...conditions.map(name => summaryRow(`rows/s, Redis ${name}, of that`, figures.ofWithout[name], 3)),
    ...conditions.map(name =>
      summaryRow(`our CPU, Redis ${name}, over that without`, figures.cpuOfWithout[name], 3),
    ),
  ],
)

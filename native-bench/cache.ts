/**
 * What does a dashboard cost Postgres when fifty people look at it instead of one? Eight queries over the last hour,
 * asked by every client every five seconds, each at a moment of its own, of two processes that share a Redis.
 *
 *   node dist/native-bench/cache.js [--json] [--seconds 40] [--rounds 2]
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import type { FastifyInstance } from 'fastify'
import pg from 'pg'
import { createApi } from '../src/cli/api.ts'
import { loadConfig } from '../src/config/index.ts'
import { createEvents } from '../src/events.ts'
import { buildServer } from '../src/http/server.ts'
import { startPostgres } from '../stack/postgres.ts'
import { startRedis } from '../stack/redis.ts'
import { prepareDatabases } from './pipeline/databases.ts'
import { say } from './pipeline/servers.ts'
import { cpuSecondsWithChildren } from './process-usage.ts'
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
const LEAST_SECONDS = 40
const LEAST_ROUNDS = 2
const RECORDS = 300_000
const CLIENTS = 50
const REFRESH_MS = 5_000
const IDLE_SECONDS = 5
/** The dashboard; all of it over the last hour. */
const dashboard = [
  'histogram?since=1h&by=severity',
  'histogram?since=1h&by=service',
  'histogram?since=1h&min_severity=error',
  'facets?since=1h&field=host',
  'facets?since=1h&field=attr.status',
  'facets?since=1h&field=service',
  'services?since=1h',
  'stats',
]

export interface CacheFigures {
  readonly records: number
  readonly queries: number
  readonly clients: number
  readonly refreshSeconds: number
  readonly seconds: number
  readonly postgres: string
  /** CPU of Postgres in ms a second, less what it uses when nobody asks. */
  readonly oneMsPerSecond: Summary
  readonly manyMsPerSecond: Summary
  readonly ofOne: Summary
  /** Share of the answers to many clients that cost Postgres nothing. */
  readonly hitShare: Summary
}

const FILL = `set search_path = logcollector, pg_catalog;
  insert into topics (cluster_id, group_id, topic) values ('bench', 'bench', 'logs');
  insert into offsets (topic_id, kafka_partition, start_offset, next_offset) values (1, 0, 0, ${RECORDS});
  insert into logs select now() - n * interval '10 milliseconds', case when n % 20 = 0 then 17 else 9 end,
    'service-' || n % 12, 'host-' || n % 40, null, null, 'message number ' || n,
    jsonb_build_object('n', n, 'status', 200 + n % 5), 1, 0, ${RECORDS} - 1 - n from generate_series(0, ${RECORDS - 1}) n;
  insert into log_rollup_1m select date_trunc('minute', ts), service, severity, 1, 0, count(*), 300 * count(*)
    from logs group by 1, 2, 3;
  insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts, max_ts)
    select 1, 0, 0, ${RECORDS}, ${RECORDS}, 0, 0, 300 * ${RECORDS}, min(ts), max(ts) from logs;
  analyze`

async function fill(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(FILL)
  } finally {
    await client.end()
  }
}

/** Answers of a process, and how many came from where. */
function startProcess(postgres: string, redis: string) {
  const overrides = {
    'postgres.url': postgres,
    'redis.url': redis,
    'kafka.brokers': '127.0.0.1:1',
    'http.api.rate_limit': '0',
  }
  const outcomes = new Map<string, number>()
  const emit = createEvents((_name, event) => {
    if ('outcome' in event) outcomes.set(event.outcome, (outcomes.get(event.outcome) ?? 0) + 1)
  })
  const api = createApi(loadConfig({ file: null, env: {}, overrides }), emit)!
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    metrics: { contentType: 'text/plain', render: async () => '' },
    debug: null,
    api: api.deps,
  })
  api.start()
  const stop = async () => {
    await server.close()
    await api.close()
  }
  return { server, outcomes, stop }
}

type Process = ReturnType<typeof startProcess>

/** Refreshes the dashboard until the end, from a moment of its own on. */
async function look(server: FastifyInstance, phaseMs: number, end: number): Promise<void> {
  for (let at = performance.now() + phaseMs; at < end; at += REFRESH_MS) {
    await delay(Math.max(0, at - performance.now()))
    const answers = dashboard.map(path =>
      server.inject({ url: `/api/v1/${path}`, headers: { host: 'localhost' } }),
    )
    for (const { body, statusCode } of await Promise.all(answers))
      if (statusCode !== 200) throw new Error(body)
  }
}

/** CPU of Postgres in ms a second while so many look. */
async function cpuWhile(processes: readonly Process[], pid: number, clients: number, seconds: number) {
  const startedAt = performance.now()
  const before = cpuSecondsWithChildren(pid)
  const end = startedAt + seconds * 1000
  await Promise.all(
    Array.from({ length: clients }, (_, index) =>
      look(processes[index % processes.length]!.server, (index / clients) * REFRESH_MS, end),
    ),
  )
  await delay(Math.max(0, end - performance.now()))
  return ((cpuSecondsWithChildren(pid) - before) * 1000) / ((performance.now() - startedAt) / 1000)
}

const free = new Set(['hit', 'stale', 'waited', 'shared'])

function hitShareOf(processes: readonly Process[]): number {
  const counts = processes.flatMap(({ outcomes }) => [...outcomes])
  const sum = (entries: readonly (readonly [string, number])[]) =>
    entries.reduce((total, [, count]) => total + count, 0)
  return sum(counts.filter(([outcome]) => free.has(outcome))) / sum(counts)
}

async function measure(seconds: number, rounds: number): Promise<CacheFigures> {
  const postgres = await startPostgres({ settings: { autovacuum: 'off' }, report: say })
  const redis = await startRedis({ report: say })
  try {
    const databases = await prepareDatabases(postgres.url)
    const url = await databases.fresh()
    await fill(url)
    const processes = [startProcess(url, redis.url), startProcess(url, redis.url)]
    const pid = postgres.pid!
    // Connections and plans; it does not count.
    await cpuWhile(processes, pid, 2, REFRESH_MS / 1000)
    const [one, many, ratios, hits]: [number[], number[], number[], number[]] = [[], [], [], []]
    for (let round = 1; round <= rounds; round++) {
      const idle = await cpuWhile(processes, pid, 0, IDLE_SECONDS)
      one.push((await cpuWhile(processes, pid, 1, seconds)) - idle)
      for (const { outcomes } of processes) outcomes.clear()
      many.push((await cpuWhile(processes, pid, CLIENTS, seconds)) - idle)
      ratios.push(many.at(-1)! / one.at(-1)!)
      hits.push(hitShareOf(processes))
      say(
        `round ${round}: Postgres ${one.at(-1)!.toFixed(1)} ms/s for one client, ${many.at(-1)!.toFixed(1)} for ${CLIENTS}`,
      )
    }
    await Promise.all(processes.map(({ stop }) => stop()))
    return {
      records: RECORDS,
      queries: dashboard.length,
      clients: CLIENTS,
      refreshSeconds: REFRESH_MS / 1000,
      seconds,
      postgres: databases.serverVersion,
      oneMsPerSecond: summarize(one),
      manyMsPerSecond: summarize(many),
      ofOne: summarize(ratios),
      hitShare: summarize(hits),
    }
  } finally {
    await Promise.all([redis.stop(), postgres.stop()])
  }
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: String(LEAST_SECONDS) },
    rounds: { type: 'string', default: String(LEAST_ROUNDS) },
    json: { type: 'boolean', default: false },
  },
})
const seconds = Number(values.seconds)
const rounds = Number(values.rounds)
if (!(seconds >= 5 && rounds >= 1)) throw new Error('--seconds of at least 5, --rounds of at least 1')
const figures = await measure(seconds, rounds)
const report = makeReport('cache', commandOf('cache'), figures)
if (seconds >= LEAST_SECONDS && rounds >= LEAST_ROUNDS) say(`wrote ${writeReport(report)}`)
showReport(
  report,
  values.json,
  [`${figures.queries} queries every ${figures.refreshSeconds} s`, 'min', 'median', 'max'],
  [
    summaryRow('CPU of Postgres for one client, ms/s', figures.oneMsPerSecond, 1),
    summaryRow(`CPU of Postgres for ${figures.clients} clients, ms/s`, figures.manyMsPerSecond, 1),
    summaryRow('of that for one', figures.ofOne, 2),
    summaryRow('answers without Postgres', figures.hitShare, 3),
  ],
)

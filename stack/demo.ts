/**
 * npm run demo: the whole path on a stack of its own, from generated logs to an answered query; stays up until Ctrl-C
 * and leaves nothing behind. `--once N` produces N records, waits until all are stored, verifies them and prints one
 * line of JSON. Everything else goes to standard error.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { exitCodeOf, exitCodes } from '../src/cli/exit-codes.ts'
import { describeError } from '../src/cli/report-error.ts'
import { type Codec, codecs } from '../src/codecs/codec.ts'
import { type ProduceOptions, produce } from '../src/produce/produce.ts'
import { migrate } from '../src/store/migrate.ts'
import { verify } from '../src/store/verify/index.ts'
import { DemoDatabase, sampleQuery } from './demo/database.ts'
import { type Monitors, startMonitors } from './demo/monitors.ts'
import { ProgressLine } from './demo/progress.ts'
import { backlog, live } from './demo/records.ts'
import { createTopic, removeTopic } from './demo/topic.ts'
import { isFree } from './ports.ts'
import { type Program, startProgram } from './program.ts'
import { type Stack, startStack } from './stack.ts'

const usage = `usage: npm run demo [-- --once RECORDS | --rate RECORDS_PER_SECOND [--days DAYS]] [--compression ${codecs.join('|')}]`
const partitions = 4
const backlogRecords = 200_000
const defaultRate = '2000'
const httpPort = 8080
const HOUR_MS = 3_600_000
const mostDays = 365
const lookEveryMs = 50
const stallMs = 60_000

/** Of this run: on servers that the environment names, nothing else is touched. */
const name = `logcollector_demo_${process.pid}`
const progress = new ProgressLine()
const say = (text: string): void => progress.say(text)

interface Demo {
  readonly stack: Stack
  readonly url: string
  readonly database: DemoDatabase
  readonly program: Program
  readonly signal: AbortSignal
}

interface Options {
  /** null: it was not given. */
  readonly once: number | null
  readonly rate: number
  /** Over which the records are spread that are there before. */
  readonly days: number
  readonly compression: Codec
}

function readOptions(): Options {
  try {
    const { values } = parseArgs({
      options: {
        once: { type: 'string' },
        rate: { type: 'string', default: defaultRate },
        days: { type: 'string', default: '1' },
        compression: { type: 'string', default: 'none' },
      },
    })
    const numbers = [values.once ?? '1', values.rate, values.days]
    if (!numbers.every(text => /^[1-9]\d{0,11}$/.test(text))) throw new Error('write whole numbers above 0')
    if (Number(values.days) > mostDays) throw new Error(`--days goes up to ${mostDays}`)
    const compression = codecs.find(codec => codec === values.compression)
    if (compression === undefined) throw new Error(`no codec ${values.compression}`)
    const once = values.once === undefined ? null : Number(values.once)
    return { once, rate: Number(values.rate), days: Number(values.days), compression }
  } catch (error) {
    say(`${(error as Error).message}\n${usage}`)
    process.exit(exitCodes.usage.code)
  }
}

/** Runs `use` with everything started and takes all of it down again, however that ends. */
async function withDemo<T>(ending: AbortController, use: (demo: Demo) => Promise<T>): Promise<T> {
  const stops: (() => Promise<unknown>)[] = []
  try {
    const stack = await startStack({ report: say })
    stops.push(() => stack.stop())
    const url = await createDatabase(stack.postgres)
    stops.push(() => onServer(stack.postgres, `drop database ${name} with (force)`))
    const { applied } = await migrate(url)
    say(`tables made: ${applied.join(', ')}`)
    await createTopic(stack.kafka, name, partitions)
    if (stack.kafkaPid === null) stops.push(() => removeTopic(stack.kafka, name))
    const database = new DemoDatabase(url)
    await database.connect()
    stops.push(() => database.end())
    const program = startProgram({
      settings: [
        `kafka.brokers=${stack.kafka}`,
        `kafka.topics=${name}`,
        `kafka.group_id=${name}`,
        `postgres.url=${url}`,
        `redis.url=${stack.redis}`,
        `redis.prefix=${name}`,
        // What README.md asks; any other where it is taken.
        `http.port=${(await isFree(httpPort)) ? httpPort : 0}`,
      ],
      // Without an event it is the Kafka client that complains, about a broker that is not warm yet.
      onLine: ({ level, message, event }) => {
        if (level === 'error' && event !== undefined) say(`logcollector: ${message}`)
      },
    })
    stops.push(() => program.stop())
    return await use({ stack, url, database, program, signal: ending.signal })
  } finally {
    ending.abort()
    for (const stop of stops.reverse()) await stop()
  }
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(statement)
  } finally {
    await client.end()
  }
}

async function createDatabase(server: string): Promise<string> {
  await onServer(server, `create database ${name}`)
  const url = new URL(server)
  url.pathname = name
  return url.href
}

/** Counts what the brokers acknowledged. */
class Produced {
  records = 0
  private readonly demo: Demo

  constructor(demo: Demo) {
    this.demo = demo
  }

  /** Resolves when all of the source is acknowledged, or the demo is to end. */
  async send(options: Pick<ProduceOptions, 'source' | 'recordsPerSecond'>): Promise<void> {
    await produce({
      ...options,
      brokers: this.demo.stack.kafka.split(','),
      topic: name,
      compression,
      signal: this.demo.signal,
      onAck: ({ count }) => {
        this.records += count
      },
    })
  }
}

/** Resolves when `isEnough` says so of the records stored, or the demo is to end. Throws when nothing moves. */
async function watch(demo: Demo, produced: Produced, isEnough: (stored: number) => boolean): Promise<void> {
  let stored = 0
  let movedAtMs = performance.now()
  while (!demo.signal.aborted && !isEnough(stored)) {
    const position = await Promise.race([demo.database.position(), demo.program.failed])
    if (position > stored || position === produced.records) movedAtMs = performance.now()
    if (performance.now() - movedAtMs > stallMs) throw new Error('nothing was stored for a minute')
    stored = position
    progress.show({ produced: produced.records, stored })
    await delay(lookEveryMs)
  }
}

/** Produces, stores, verifies; the exit code. */
async function runOnce(demo: Demo, records: number): Promise<number> {
  const produced = new Produced(demo)
  const begin = performance.now()
  await Promise.all([
    produced.send({ source: backlog(records, HOUR_MS) }),
    watch(demo, produced, stored => stored >= records),
  ])
  if (demo.signal.aborted) return exitCodes.interrupted.code
  const seconds = (performance.now() - begin) / 1000
  const { rows, deadLetters } = await demo.database.stored()
  say('all stored; verifying')
  const { ok, checks } = await verify(demo.url, { sinceMs: null })
  for (const { name: check, findings } of checks)
    if (findings.length > 0) say(`verify: ${check}: ${findings.length} findings, the first: ${findings[0]}`)
  const summary = {
    records,
    rows,
    deadLetters,
    seconds: Number(seconds.toFixed(3)),
    rowsPerSecond: Math.round(rows / seconds),
    lag: produced.records - (await demo.database.position()),
    verify: ok ? 'ok' : 'failed',
  }
  process.stdout.write(`${JSON.stringify(summary)}\n`)
  if (!ok) return exitCodes.findings.code
  return rows + deadLetters === records ? exitCodes.ok.code : exitCodes.failed.code
}

/** Shows the path at work until it is told to end; the exit code. */
async function runOn(demo: Demo, options: Options): Promise<number> {
  const http = await Promise.race([demo.program.url, ended(demo.signal)])
  if (http === null) return exitCodes.ok.code
  const monitors = await startMonitors({
    program: http,
    database: demo.url,
    reader: `${name}_reader`,
    report: say,
  })
  try {
    return await showOff(demo, options, http, monitors)
  } finally {
    await monitors.stop()
  }
}

/** Null, when the demo is to end. */
const ended = (signal: AbortSignal): Promise<null> =>
  new Promise(resolve => {
    if (signal.aborted) resolve(null)
    else signal.addEventListener('abort', () => resolve(null), { once: true })
  })

async function showOff(
  demo: Demo,
  { days, rate }: Options,
  http: string,
  monitors: Monitors,
): Promise<number> {
  const produced = new Produced(demo)
  say(`producing ${backlogRecords} records of the last ${days * 24} hours`)
  await Promise.all([
    produced.send({ source: backlog(backlogRecords, days * 24 * HOUR_MS) }),
    watch(demo, produced, stored => stored >= backlogRecords),
  ])
  if (demo.signal.aborted) return exitCodes.ok.code
  say(
    [
      '',
      `${sampleQuery};`,
      '',
      await demo.database.sample(),
      '',
      `database   psql ${demo.url}`,
      `API        ${http}/api/v1, to browse at ${http}/api/v1/docs`,
      `metrics    ${http}/metrics`,
      `readiness  ${http}/readyz`,
      ...(monitors.prometheus === null ? [] : [`Prometheus ${monitors.prometheus}/alerts`]),
      ...(monitors.grafana === null ? [] : [`Grafana    ${monitors.grafana}/dashboards`]),
      `Kafka      ${demo.stack.kafka}, topic ${name}`,
      '',
      `going on with ${rate} records a second; Ctrl-C ends it and removes everything`,
    ].join('\n'),
  )
  await Promise.all([
    produced.send({ source: live(rate), recordsPerSecond: rate }),
    watch(demo, produced, () => false),
  ])
  say('stopping')
  return exitCodes.ok.code
}

const options = readOptions()
const { once, compression } = options
const ending = new AbortController()
// The second one ends us at once, and the stack's watchdog the rest.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ending.abort())
try {
  process.exitCode = await withDemo(ending, demo =>
    once === null ? runOn(demo, options) : runOnce(demo, once),
  )
} catch (error) {
  process.stderr.write(describeError(error, false, process.stderr.isTTY))
  process.exitCode = exitCodeOf(error)
}

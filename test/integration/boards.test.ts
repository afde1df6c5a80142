/**
 * Every query of every panel, asked of a Prometheus that scraped a real run, and of the real Postgres as the reader
 * role: none fails, and all that are not of rare events have something to show.
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { migrate } from '../../src/store/migrate.ts'
import { type Prometheus, startPrometheus } from '../../stack/prometheus.ts'
import { Flow } from '../faults/flow.ts'
import { type BoardPanel, boardVariables, panels, promqlOf, sqlOf } from '../observability/panels.ts'
import { createKafkaClient, redisAddress, redisPrefix } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'

const test = suite('boards', { timeoutMs: 90_000 })
const RATE_SECONDS = 8
const LOOK_BACK_MS = 60_000
const HOURS_MS = 3 * 3_600_000
const RECORDS = 4000
const MALFORMED = 5
const reader = `boards_reader_${randomUUID().slice(0, 8)}`

let flow: Flow
let prometheus: Prometheus | null = null
let database: pg.Client

async function sendMalformed(topic: string): Promise<void> {
  const producer = createKafkaClient(flow.brokers).producer()
  await producer.connect()
  try {
    const messages = Array.from({ length: MALFORMED }, () => ({ partition: 0, value: 'not JSON' }))
    await producer.send({ topic, messages })
  } finally {
    await producer.disconnect()
  }
}

/** Null, with the reason on the screen, where there is no Prometheus. */
async function scraping(target: string): Promise<Prometheus | null> {
  try {
    return await startPrometheus({ targets: { logcollector: [target] }, intervalSeconds: 1 })
  } catch (error) {
    if (!(error instanceof PipelineError && error.code === 'STACK_PREREQUISITE')) throw error
    console.log(`PromQL is skipped: ${error.message}`)
    return null
  }
}

async function readerOf(url: string): Promise<pg.Client> {
  await execute(url, `create role ${reader} login`)
  cleanUp(async () => execute(url, `drop owned by ${reader}`, `drop role ${reader}`))
  await migrate(url, { grants: [{ role: reader, kind: 'reader' }] })
  const asReader = new URL(url)
  asReader.username = reader
  asReader.password = ''
  const client = new pg.Client({ connectionString: asReader.href })
  await client.connect()
  cleanUp(() => client.end())
  return client
}

test.before(async () => {
  flow = await Flow.create({ partitions: 2 })
  const instance = flow.start({
    'redis.url': redisAddress(),
    'redis.prefix': redisPrefix(),
    'parse.malformed': 'dead_letter',
    'storage.verify_interval': '1s',
    'storage.maintenance_interval': '1s',
  })
  await instance.ready()
  prometheus = await scraping(new URL(await instance.url()).host)
  if (prometheus) cleanUp(prometheus.stop)
  // What was counted before the first scrape is no rate.
  const isScraped = async () => prometheus === null || (await seriesOf('logcollector_ready')) > 0
  await until(isScraped, { deadlineMs: 15_000, what: 'the first scrape' })
  await flow.produce({ records: RECORDS, recordsPerSecond: RECORDS / 4 })
  await sendMalformed(flow.topic)
  const isStored = async () => {
    const dead = await instance.metric('dead_letters_total')
    const stored = await instance.metric('stored_rows_total')
    if (dead < MALFORMED || stored + dead < RECORDS + MALFORMED)
      throw new Error(`${stored} rows, ${dead} dead letters`)
    return true
  }
  await until(isStored, { deadlineMs: 15_000, what: 'all is stored' })
  database = await readerOf(flow.url)
  const url = await instance.url()
  await followTail(url)
  const isSeen = async () => {
    await useApi(url)
    if (prometheus === null) return true
    return (await seriesOf('rate(logcollector_cache_answers_total{outcome="hit"}[$__rate_interval]) > 0')) > 0
  }
  await until(isSeen, { deadlineMs: 30_000, everyMs: 250, what: 'answers from the cache are counted' })
})

/** Asks all that the API answers, and sends a record; a follower stays. */
async function useApi(url: string): Promise<void> {
  const questions = ['logs?limit=1', 'histogram', 'facets?field=service', 'services', 'stats', 'anomalies']
  const answers = await Promise.all([
    ...questions.map(question => fetch(`${url}/api/v1/${question}`)),
    fetch(`${url}/api/v1/ingest`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: '{"message":"sent"}\n',
    }),
  ])
  for (const answer of answers) {
    const text = await answer.text()
    assert.ok(answer.ok, text)
  }
}

async function followTail(url: string): Promise<void> {
  const leaving = new AbortController()
  cleanUp(() => leaving.abort())
  const answer = await fetch(`${url}/api/v1/tail`, { signal: leaving.signal })
  // What is not read waits in the socket; the end of the suite cuts it off.
  answer
    .body!.getReader()
    .read()
    .catch(() => undefined)
}

interface Answer {
  readonly status: string
  readonly error?: string
  readonly data?: { readonly result: readonly { readonly values?: readonly unknown[] }[] | readonly string[] }
}

/** How many series a query gives over the last minute. */
async function seriesOf(expr: string): Promise<number> {
  const now = Date.now()
  const parameters = new URLSearchParams({
    query: promqlOf(expr, RATE_SECONDS),
    start: String((now - LOOK_BACK_MS) / 1000),
    end: String(now / 1000),
    step: '1',
  })
  const response = await fetch(`${prometheus!.url}/api/v1/query_range?${parameters}`)
  const answer = (await response.json()) as Answer
  if (answer.status !== 'success') throw new Error(`${answer.error}: ${expr}`)
  return answer.data!.result.length
}

const choices: Record<string, readonly string[]> = {}

/** How many rows SQL gives for the last hours, every choice at "All". */
async function rowsOf(sql: string): Promise<Record<string, unknown>[]> {
  const span = { fromMs: Date.now() - HOURS_MS, toMs: Date.now() + LOOK_BACK_MS }
  return (await database.query(sqlOf(sql, span, choices))).rows
}

test('every panel has a title, a unit, a description and a query of its own data source', () => {
  assert.ok(panels.length > 75, `${panels.length} panels`)
  for (const { board, title, description, fieldConfig, targets, datasource } of panels) {
    const where = `${board}: ${title}`
    assert.ok(title && description.endsWith('.') && fieldConfig.defaults.unit, where)
    assert.ok(targets.length > 0, where)
    for (const { expr, rawSql } of targets)
      assert.is(datasource.type === 'prometheus' ? expr !== undefined : rawSql !== undefined, true, where)
  }
  const names = panels.map(({ board, title }) => `${board}: ${title}`)
  assert.is(new Set(names).size, names.length)
})

test('what can be chosen is there', async () => {
  for (const { name, query, datasource } of boardVariables) {
    if (datasource.type !== 'prometheus') {
      choices[name] = (await rowsOf(query)).map(row => String(Object.values(row)[0]))
      assert.ok(choices[name].length > 0, name)
    } else if (prometheus !== null) {
      const [, metric = '', label = ''] = /^label_values\((\w+), (\w+)\)$/.exec(query)!
      const isThere = async () => (await seriesOf(`count by (${label}) (${metric}{${label}!=""})`)) > 0
      await until(isThere, { deadlineMs: 10_000, what: name })
    }
  }
})

/** Asks for all that a panel shows; throws where a query fails, or has nothing though it should. */
async function ask({ board, title, targets, fieldConfig }: BoardPanel): Promise<void> {
  for (const { refId, expr, rawSql } of targets) {
    const isFilled = async () => (expr ? await seriesOf(expr) : (await rowsOf(rawSql!)).length) > 0
    const what = `data of ${board}: ${title} ${refId}`
    if (fieldConfig.defaults.noValue === undefined) await until(isFilled, { deadlineMs: 10_000, what })
    else await isFilled()
  }
}

test('every query of every panel is answered', async () => {
  const asked = panels.filter(({ datasource }) => datasource.type !== 'prometheus' || prometheus !== null)
  for (const panel of asked) await ask(panel)
  const quiet = asked.filter(({ fieldConfig }) => fieldConfig.defaults.noValue !== undefined)
  const queries = asked.flatMap(({ targets }) => targets)
  console.log(
    `${asked.length} panels of ${panels.length} checked, ${queries.length} queries; ${quiet.length} panels need no data`,
  )
})

test('a query that is wrong is noticed', async () => {
  let thrown = 0
  for (const wrong of [rowsOf('select nothing from logcollector.logs'), prometheus && seriesOf('sum by (')])
    await Promise.resolve(wrong).catch(() => thrown++)
  assert.is(thrown, prometheus === null ? 1 : 2)
})

test.run()

/**
 * The whole path in one process on real Kafka and Postgres: where a topic starts, what arrives in the table, and what
 * /readyz says while something is missing.
 */
import { randomUUID } from 'node:crypto'
import { connect, createServer } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { findFreePorts } from '../../stack/ports.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const HOUR_MS = 3_600_000
const test = suite('engine', { timeoutMs: 40_000 })

interface Sent {
  readonly value: string | null
  readonly partition?: number
  readonly key?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function send(name: string, messages: readonly Sent[]): Promise<void> {
  const producer = createKafkaClient().producer()
  await producer.connect()
  try {
    await producer.send({
      topic: name,
      messages: messages.map(({ headers = {}, ...message }) => ({ ...message, headers: { ...headers } })),
    })
  } finally {
    await producer.disconnect()
  }
}

/** Records whose message says which they are. */
const numbered = (from: number, to: number, partition = 0): Sent[] =>
  Array.from({ length: to - from }, (_, n) => ({
    partition,
    value: JSON.stringify({ msg: String(from + n) }),
  }))

async function query<Row extends pg.QueryResultRow>(url: string, sql: string): Promise<Row[]> {
  const options = '-c search_path=logcollector,pg_catalog -c timezone=UTC'
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  try {
    return (await client.query<Row>(sql)).rows
  } finally {
    await client.end()
  }
}

/** The messages of all rows as numbers, in order, once there are as many as expected. */
async function numbersIn(url: string, count: number): Promise<number[]> {
  const read = async () => {
    const rows = await query<{ number: number }>(
      url,
      'select message::integer as number from logs order by 1',
    )
    return rows.length >= count ? rows.map(({ number }) => number) : null
  }
  return until(read, { deadlineMs: 20_000, what: `${count} rows` })
}

const range = (from: number, to: number): number[] => Array.from({ length: to - from }, (_, n) => from + n)

async function setUp(partitions = 1) {
  const [name, url] = await Promise.all([topic({ partitions }), database()])
  const settings = {
    'kafka.topics': name,
    'kafka.group_id': `engine-${randomUUID()}`,
    'postgres.url': url,
  } as const
  return { name, url, settings }
}

test('earliest: from the start of the log; a later start goes on where Postgres says', async () => {
  const { name, url, settings } = await setUp()
  await send(name, numbered(0, 10))
  const first = startEngine(settings)
  await numbersIn(url, 10)
  await first.ready()
  assert.ok(await first.stop(), 'nothing was abandoned')
  await send(name, numbered(10, 20))
  // What starts a topic applies once: this one is known.
  startEngine({ ...settings, 'kafka.start': 'latest' })
  assert.equal(await numbersIn(url, 20), range(0, 20))
})

test('latest: what was there before is not stored', async () => {
  const { name, url, settings } = await setUp()
  await send(name, numbered(0, 10))
  const { ready } = startEngine({ ...settings, 'kafka.start': 'latest' })
  await ready()
  await send(name, numbered(10, 20))
  assert.equal(await numbersIn(url, 10), range(10, 20))
})

test('a time: from the first record of that time', async () => {
  const { name, url, settings } = await setUp()
  await send(name, numbered(0, 10))
  // Kafka's times have milliseconds: the next batch needs a later one.
  await delay(5)
  const start = new Date().toISOString()
  await send(name, numbered(10, 20))
  startEngine({ ...settings, 'kafka.start': start })
  assert.equal(await numbersIn(url, 10), range(10, 20))
})

test('a partition that the topic did not have starts at its log start, whatever kafka.start says', async () => {
  const { name, url, settings } = await setUp()
  const first = startEngine({ ...settings, 'kafka.start': 'latest' })
  await first.ready()
  await first.stop()
  const admin = createKafkaClient().admin()
  await admin.connect()
  try {
    await admin.createPartitions({ topicPartitions: [{ topic: name, count: 2 }] })
  } finally {
    await admin.disconnect()
  }
  await until(() => send(name, numbered(0, 10, 1)).then(() => true), {
    deadlineMs: 10_000,
    what: 'records in the new partition',
  })
  startEngine({ ...settings, 'kafka.start': 'latest' })
  assert.equal((await numbersIn(url, 10)).slice(0, 10), range(0, 10))
})

test('a topic that does not exist yet: it says so, waits, and then takes it from its start', async () => {
  const [name, url] = [`test-${randomUUID()}`, await database()]
  const admin = createKafkaClient().admin()
  await admin.connect()
  // Before the engine starts, so that it runs after the engine's end.
  cleanUp(async () => {
    await admin.deleteTopics({ topics: [name] })
    await admin.disconnect()
  })
  const engine = startEngine({
    'kafka.topics': name,
    'kafka.group_id': `engine-${randomUUID()}`,
    'kafka.start': 'latest',
    'postgres.url': url,
  })
  await engine.notReady(`waiting for topic ${name}`)
  await admin.createTopics({ topics: [{ topic: name, numPartitions: 1 }], waitForLeaders: true })
  await send(name, numbered(0, 10))
  assert.equal(await numbersIn(url, 10), range(0, 10))
  await engine.ready()
})

test('Postgres that is away at the start: it says so, waits, and stores everything', async () => {
  const { name, url, settings } = await setUp()
  await send(name, numbered(0, 10))
  const [port] = (await findFreePorts(1)) as [number]
  const address = new URL(url)
  const target = { host: address.hostname, port: Number(address.port) }
  address.port = String(port)
  const engine = startEngine({ ...settings, 'postgres.url': address.href })
  await engine.notReady('store: Postgres does not answer')
  const gate = createServer(socket => {
    const onward = connect(target)
    socket.pipe(onward).pipe(socket)
    socket.on('error', () => onward.destroy())
    onward.on('error', () => socket.destroy())
  }).listen(port, address.hostname)
  cleanUp(() => void gate.close())
  assert.equal(await numbersIn(url, 10), range(0, 10))
  await engine.ready()
  await engine.stop()
})

test('keys and headers go to attrs where asked for, and values to their columns', async () => {
  const { name, url, settings } = await setUp()
  startEngine({ ...settings, 'parse.keys': 'true', 'parse.headers': 'true' })
  const value = JSON.stringify({ level: 'error', app: 'shop', hostname: 'h1', msg: '1', order: { id: 7 } })
  await send(name, [{ value, key: 'the key', headers: { a: 'b', c: 'd' } }])
  await numbersIn(url, 1)
  const [row] = await query(url, 'select severity, service, host, attrs, kafka_offset from logs')
  assert.equal(row, {
    severity: 17,
    service: 'shop',
    host: 'h1',
    attrs: { order: { id: 7 }, 'kafka.key': 'the key', 'kafka.headers': { a: 'b', c: 'd' } },
    kafka_offset: '0',
  })
})

test('segments of an hour hold the records of their hour', async () => {
  const { name, url, settings } = await setUp()
  const now = Date.now()
  const ages = [0, 1, 2, 30]
  await send(
    name,
    ages.map(age => ({
      value: JSON.stringify({ ts: new Date(now - age * HOUR_MS).toISOString(), msg: '1' }),
    })),
  )
  startEngine({ ...settings, 'storage.segment': 'hour' })
  await numbersIn(url, ages.length)
  const rows = await query<{ segment: string; from_ts: Date; to_ts: Date; inside: boolean }>(
    url,
    `select s.segment, s.from_ts, s.to_ts, l.ts >= s.from_ts and l.ts < s.to_ts as inside
     from logs l join segments s on s.segment = l.tableoid::regclass::text order by l.ts`,
  )
  assert.is(rows.length, ages.length)
  for (const { segment, from_ts: from, to_ts: to, inside } of rows) {
    assert.match(segment, /^logs_\d{8}_\d{2}$/)
    assert.is(to.getTime() - from.getTime(), HOUR_MS)
    assert.ok(inside)
  }
  assert.is(new Set(rows.map(({ segment }) => segment)).size, ages.length)
})

test.run()

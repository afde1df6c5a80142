/**
 * Columns that the configuration adds, on real Kafka and Postgres: added beside open transactions, filled from JSON and
 * from logfmt, and no trouble for an instance that does not know them.
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { ensureColumns } from '../../src/store/columns.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('columns', { timeoutMs: 40_000 })

const columns = {
  status: { from: 'http.status', type: 'smallint' },
  bytes: { from: 'bytes', type: 'integer' },
  total: { from: 'total', type: 'bigint' },
  took: { from: 'took', type: 'double precision' },
  cached: { from: 'cached', type: 'boolean' },
  path: { from: 'http.path', type: 'text' },
  seen_at: { from: 'seen_at', type: 'timestamptz' },
  request: { from: 'request', type: 'uuid' },
}
const ID = '01890a5d-ac96-774b-bcce-b302099a8057'
const AT = '2026-01-02T03:04:05.678901Z'

async function connected(url: string): Promise<pg.Client> {
  const options = '-c search_path=logcollector,pg_catalog -c timezone=UTC'
  const client = new pg.Client({ connectionString: url, options })
  await client.connect()
  cleanUp(() => client.end())
  return client
}

async function send(name: string, values: readonly string[], partition = 0): Promise<void> {
  const producer = createKafkaClient().producer()
  await producer.connect()
  try {
    await producer.send({ topic: name, messages: values.map(value => ({ value, partition })) })
  } finally {
    await producer.disconnect()
  }
}

const settingsFor = (name: string, url: string) => ({
  'kafka.topics': name,
  'kafka.group_id': `columns-${randomUUID()}`,
  'postgres.url': url,
})

test('columns of every type are filled from JSON and logfmt; what does not fit stays in attrs', async () => {
  const [name, url] = await Promise.all([topic(), database()])
  const [client, instance] = [
    await connected(url),
    startEngine({ ...settingsFor(name, url), 'parse.format': 'auto', columns: JSON.stringify(columns) }),
  ]
  await send(name, [
    `{"msg":"json","http":{"status":200,"path":"/a\\u00e9","x":1},"bytes":"-7","total":9007199254740993,"took":0.30000000000000004,"cached":true,"seen_at":"${AT}","request":"${ID}"}`,
    `msg=logfmt http.status=200 http.path="/a\\u00e9" http.x=1 bytes=-7 total=9007199254740993 took=0.30000000000000004 cached=true seen_at=${AT} request=${ID}`,
    '{"msg":"misfit","http":{"status":"abc"},"bytes":2147483648,"took":"fast"}',
  ])
  const read = async () => {
    const { rows } = await client.query(
      `select message, status, bytes, total::text, took, cached, path, seen_at::text, request, attrs
       from logs order by kafka_offset`,
    )
    return rows.length === 3 ? rows : null
  }
  const rows = await until(read, { deadlineMs: 20_000, what: 'three rows' })
  const filled = {
    ...{ status: 200, bytes: -7, total: '9007199254740993', took: 0.30000000000000004, cached: true },
    ...{ path: '/aé', seen_at: '2026-01-02 03:04:05.678901+00', request: ID },
  }
  const empty = Object.fromEntries(Object.keys(filled).map(column => [column, null]))
  const kept = { http: { status: 'abc' }, bytes: 2147483648, took: 'fast', 'lc.sanitized': true }
  assert.equal(rows, [
    { message: 'json', ...filled, attrs: { http: { x: 1 } } },
    { message: 'logfmt', ...filled, attrs: { 'http.x': 1 } },
    { message: 'misfit', ...empty, attrs: kept },
  ])
  await instance.stop()
})

test('an instance with a new column and one without it store into the same table', async () => {
  const [name, url] = await Promise.all([topic({ partitions: 2 }), database()])
  const client = await connected(url)
  const settings = settingsFor(name, url)
  const stored = async (count: number) => {
    const { rows } = await client.query<{ count: number }>('select count(*)::integer as count from logs')
    return rows[0]!.count === count
  }
  const sendBoth = async (from: number) => {
    const values = Array.from({ length: 50 }, (_, i) => `{"msg":"${from + i}","status":${from + i}}`)
    await Promise.all([send(name, values, 0), send(name, values, 1)])
  }
  const old = startEngine(settings)
  await sendBoth(0)
  await until(() => stored(100), { deadlineMs: 20_000, what: 'the rows of the old instance' })
  const status = JSON.stringify({ status: { from: 'status', type: 'smallint' } })
  const young = startEngine({ ...settings, columns: status })
  const isShared = () => [old, young].every(({ engine }) => engine.snapshot().partitions.length === 1)
  await until(isShared, { deadlineMs: 20_000, what: 'a partition for each' })
  await sendBoth(50)
  await until(() => stored(200), { deadlineMs: 20_000, what: 'the rows of both' })
  const { rows } = await client.query(
    `select kafka_partition = $1 as is_young, status is not null as is_column, attrs ? 'status' as is_attr, count(*)::integer
     from logs where message::integer >= 50 group by 1, 2, 3 order by 1`,
    [young.engine.snapshot().partitions[0]!.partition],
  )
  assert.equal(rows, [
    { is_young: false, is_column: false, is_attr: true, count: 50 },
    { is_young: true, is_column: true, is_attr: false, count: 50 },
  ])
  await Promise.all([old.stop(), young.stop()])
})

test('a column is added between transactions: they neither wait long for it nor keep it away', async () => {
  const url = await database()
  const [holder, other] = [await connected(url), await connected(url)]
  await holder.query('begin; lock table logs in row exclusive mode')
  const wanted = [{ name: 'status', type: 'smallint' }]
  const added = Promise.all([ensureColumns(url, wanted), ensureColumns(url, wanted)])
  const isWaiting = async () => {
    const { rows } = await other.query(
      `select from pg_locks where mode = 'AccessExclusiveLock' and not granted and relation = 'logs'::regclass`,
    )
    return rows.length > 0
  }
  await until(isWaiting, { deadlineMs: 5000, what: 'ADD COLUMN waits' })
  const startedAt = performance.now()
  await other.query('begin; lock table logs in row exclusive mode; commit')
  const waitedMs = performance.now() - startedAt
  assert.ok(waitedMs < 1500, `a transaction waited for ${waitedMs} ms behind ADD COLUMN`)
  await holder.query('commit')
  assert.equal([...new Set((await added).flat())], ['status'])
  assert.equal(await ensureColumns(url, wanted), [])
})

test('a column of another type is refused by both names, and one that is not wanted any more stays', async () => {
  const url = await database()
  assert.equal(await ensureColumns(url, [{ name: 'a', type: 'timestamptz' }]), ['a'])
  try {
    await ensureColumns(url, [
      { name: 'b', type: 'uuid' },
      { name: 'a', type: 'bigint' },
    ])
    assert.unreachable()
  } catch (error) {
    assert.instance(error, PipelineError)
    const { code, context } = error as PipelineError
    assert.is(code, 'COLUMN_TYPE_DIFFERS')
    assert.equal(context, { column: 'a', is: 'timestamp with time zone', wanted: 'bigint' })
  }
  assert.equal(await ensureColumns(url, [{ name: 'c', type: 'uuid' }]), ['c'])
  const client = await connected(url)
  const { rows } = await client.query<{ name: string }>(
    `select attname as name from pg_attribute where attrelid = 'logs'::regclass and attnum > 11 order by 1`,
  )
  assert.equal(
    rows.map(({ name }) => name),
    ['a', 'c'],
  )
})

test.run()

/**
 * Pipelines on real Kafka and Postgres: topics that are read differently, records that steps leave out in the ledger,
 * and a pattern that hangs, which costs its record and is named.
 */
import { randomUUID } from 'node:crypto'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { verify } from '../../src/store/verify/index.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('pipelines', { timeoutMs: 60_000 })

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: url,
    options: '-c search_path=logcollector,pg_catalog -c timezone=UTC',
  })
  await client.connect()
  cleanUp(() => client.end())
  return client
}

test('each topic has its pipeline; what steps drop, fail on or hang in is accounted for', async () => {
  const [web, plain, url] = await Promise.all([topic(), topic(), database()])
  const client = await connected(url)
  const pipelines = [
    {
      name: 'web',
      topics: [web],
      steps: [
        { drop: 'path == "/health"' },
        { regex: { pattern: '^(?<word>(a+)+)$', field: 'text', unsafe: 'allow' } },
        { set: { service: 'edge' } },
      ],
    },
    { name: 'plain', topics: [plain], format: 'raw' },
  ]
  const dropped: unknown[] = []
  const instance = startEngine(
    {
      'kafka.group_id': `pipelines-${randomUUID()}`,
      'postgres.url': url,
      'parse.timeout': '1s',
      pipelines: JSON.stringify(pipelines),
    },
    { listener: (name, event) => void (name === 'parse:records:dropped' && dropped.push(event)) },
  )
  assert.equal(instance.config.kafka.topics, [web, plain])
  const producer = createKafkaClient().producer()
  await producer.connect()
  const values = [
    '{"path":"/health"}',
    '{"path":"/a","text":"aaa"}',
    `{"path":"/b","text":"${'a'.repeat(40)}b"}`,
    '{"path":"/health"}',
    '{"path":"/c"}',
  ]
  await producer.send({ topic: web, messages: values.map(value => ({ value, partition: 0 })) })
  await producer.send({ topic: plain, messages: [{ value: '{"path":"/health"}', partition: 0 }] })
  await producer.disconnect()
  const ledger = `select sum(stored)::int as stored, sum(dead)::int as dead, sum(dropped)::int as dropped,
    sum(skipped)::int as skipped from ingest_ledger`
  const isDone = async () => {
    const { rows } = await client.query(ledger)
    return rows[0].stored + rows[0].dead + rows[0].dropped === 6
  }
  await until(isDone, { deadlineMs: 40_000, what: 'all records accounted for' })
  const { rows: sums } = await client.query(ledger)
  assert.equal(sums, [{ stored: 3, dead: 1, dropped: 2, skipped: 0 }])
  const { rows } = await client.query(
    "select service, message, attrs ->> 'path' as path, attrs ->> 'word' as word from logs order by path nulls last",
  )
  assert.equal(rows, [
    { service: 'edge', message: null, path: '/a', word: 'aaa' },
    { service: 'edge', message: null, path: '/c', word: null },
    { service: null, message: '{"path":"/health"}', path: null, word: null },
  ])
  const { rows: letters } = await client.query(
    'select kafka_offset::int as at, code, reason, convert_from(raw, $1) as raw from dead_letters',
    ['UTF8'],
  )
  assert.is(letters.length, 1)
  assert.equal([letters[0].at, letters[0].code, letters[0].raw], [2, 'worker_failed', values[2]])
  assert.match(
    letters[0].reason,
    /in pipeline web, step 2: \{"regex":\{"pattern":\["\^\(\?<word>\(a\+\)\+\)\$"\]/,
  )
  assert.ok(dropped.length > 0)
  for (const event of dropped) assert.equal(event, { pipeline: 'web', step: '1 drop', records: 1 })
  assert.ok(await instance.stop())
  const { checks, ok } = await verify(url, { sinceMs: null })
  assert.ok(ok, JSON.stringify(checks.flatMap(({ findings }) => findings)))
})

test.run()

/**
 * The engine with a Redis that misbehaves in every way while records flow: every row is stored once, the group is never
 * left, and afterwards the mirror says what Postgres says.
 */
import pg from 'pg'
import * as assert from 'uvu/assert'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { MirrorReader } from '../../src/redis/reader.ts'
import { verify } from '../../src/store/verify/index.ts'
import { startRedis } from '../../stack/redis.ts'
import { database, kafkaAddress, redisClient, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('engine with a mirror', { timeoutMs: 90_000 })

const RECORDS = 60_000
const RECORDS_PER_SECOND = 6_000

async function positionsIn(url: string): Promise<Map<number, number>> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ kafka_partition: number; next_offset: string }>(
      'select kafka_partition, next_offset from logcollector.offsets',
    )
    return new Map(rows.map(row => [row.kafka_partition, Number(row.next_offset)]))
  } finally {
    await client.end()
  }
}

test('faults of Redis change no row and stop nothing, and the mirror heals', async () => {
  const [url, name, server] = [await database(), await topic({ partitions: 3 }), await startRedis()]
  cleanUp(() => server.stop())
  const client = redisClient(server.url)
  const group = { url: server.url, prefix: 'lc', groupId: name }
  const reader = new MirrorReader(group)
  cleanUp(() => reader.close())
  const joins: number[] = []
  let rows = 0
  const { engine, ready } = startEngine(
    {
      'kafka.topics': name,
      'kafka.group_id': name,
      'postgres.url': url,
      'redis.url': server.url,
      'redis.prefix': 'lc',
    },
    {
      listener: (event, facts) => {
        if (event === 'source:group:joined') joins.push(Date.now())
        if ('rows' in facts) rows += facts.rows
      },
    },
  )
  await ready()
  const source = createGeneratedSource({
    seed: 3,
    records: RECORDS,
    startMs: Date.now() - 60_000,
    spanMs: 60_000,
    keys: false,
  })
  const producing = produce({
    brokers: kafkaAddress().split(','),
    topic: name,
    source,
    recordsPerSecond: RECORDS_PER_SECOND,
  })
  const flows = async (what: string) => {
    const before = rows
    await until(() => rows > before, { deadlineMs: 5000, what: `rows while ${what}` })
    assert.ok(engine.snapshot().ready.ok, `ready while ${what}`)
  }
  const isUp = () => until(() => engine.snapshot().mirror?.isUp, { deadlineMs: 3000, what: 'the mirror' })

  await isUp()
  await server.kill('SIGSTOP')
  await until(() => engine.snapshot().mirror?.isUp === false, { deadlineMs: 3000, what: 'trouble' })
  await flows('Redis is stopped')
  await server.kill('SIGCONT')
  await isUp()
  await client.flushall()
  await client.set(`lc:${name}:partitions`, 'in the way')
  await flows('a foreign key is in the way')
  await isUp()
  await client.config('SET', 'maxmemory', '1')
  await until(() => engine.snapshot().mirror?.isUp === false, { deadlineMs: 3000, what: 'trouble' })
  await flows('Redis is full')
  await client.config('SET', 'maxmemory', '0')
  await server.kill()
  await flows('Redis is dead')
  await server.restart()
  await producing
  await isUp()

  await until(() => rows === RECORDS, { deadlineMs: 30_000, what: 'all rows' })
  const stored = await positionsIn(url)
  const agrees = async () => {
    const entries = await reader.read()
    return (
      entries.length === 3 &&
      entries.every(
        ({ committed, isFresh, lag, partition }) =>
          isFresh && lag === 0 && committed === stored.get(partition),
      )
    )
  }
  await until(agrees, { deadlineMs: 1000, what: 'the mirror says what Postgres says' })
  assert.is(joins.length, 1, 'the group was joined once')
  const report = await verify(url, { sinceMs: null })
  assert.ok(report.ok, JSON.stringify(report))
})

test.run()

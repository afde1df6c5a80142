/**
 * What an operator asks at the command line, on real servers: `lag` from either source, and `check` with what is wrong
 * one by one (src/cli/lag.ts, src/cli/check.ts).
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { Finding } from '../../src/cli/check/finding.ts'
import type { LagReport } from '../../src/cli/lag/report.ts'
import { runCli } from '../../src/cli/program.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { cli } from '../support/cli.ts'
import {
  database,
  kafkaAddress,
  postgresAddress,
  redisAddress,
  redisClient,
  redisPrefix,
  topic,
} from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute, uniqueName, urlOf } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('operator', { timeoutMs: 60_000 })

const nowhere = '127.0.0.1:1'
type Settings = Readonly<Record<string, string>>
const flags = (settings: Settings): string[] =>
  Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])

async function settingsOf(name: string): Promise<Settings> {
  return {
    'kafka.brokers': kafkaAddress(),
    'kafka.topics': name,
    'kafka.group_id': name,
    'postgres.url': await database(),
    'redis.url': redisAddress(),
    'redis.prefix': redisPrefix(),
  }
}

const fill = (name: string, records: number): Promise<unknown> =>
  produce({
    brokers: kafkaAddress().split(','),
    topic: name,
    source: createGeneratedSource({
      seed: 1,
      records,
      startMs: Date.now() - 60_000,
      spanMs: 60_000,
      keys: false,
    }),
  })

async function lag(settings: Settings): Promise<LagReport> {
  const { code, out, note } = await cli('lag', '--json', ...flags(settings))
  assert.is(code, 0, note)
  return JSON.parse(out) as LagReport
}

async function check(settings: Settings): Promise<{ code: number; bad: readonly Finding[] }> {
  const { code, out } = await cli('check', '--json', ...flags(settings))
  const { ok, findings } = JSON.parse(out) as { ok: boolean; findings: Finding[] }
  assert.is(ok, code === 0)
  return { code, bad: findings.filter(finding => !finding.ok) }
}

test('lag: from Postgres and Kafka, from the mirror while it is fresh, and from Postgres again', async () => {
  const name = await topic({ partitions: 2 })
  const settings = await settingsOf(name)
  await fill(name, 500)
  const before = await lag(settings)
  assert.is(before.source, 'postgres')
  assert.equal(
    before.partitions.map(({ committed, lag }) => [committed, lag]),
    [
      [null, null],
      [null, null],
    ],
    'never claimed',
  )
  const { engine, stop } = startEngine(settings)
  const stored = () => engine.snapshot().partitions.reduce((sum, { committed }) => sum + committed, 0)
  await until(() => stored() === 500, { deadlineMs: 20_000, what: 'all rows' })
  const mirrored = await until(
    async () => {
      const report = await lag(settings)
      return report.source === 'redis' && report.unknown + report.totalLag === 0 ? report : null
    },
    { deadlineMs: 3000, what: 'the mirror says so' },
  )
  assert.equal(
    mirrored.partitions.map(({ committed, fetched, instance }) => [committed, fetched, typeof instance]),
    engine.snapshot().partitions.map(({ committed, fetched }) => [committed, fetched, 'string']),
  )
  const table = await cli('lag', ...flags(settings))
  assert.match(table.out, 'the mirror in Redis')

  await stop()
  await fill(name, 40)
  const after = await lag(settings)
  assert.equal([after.source, after.totalLag], ['postgres', 40])
  assert.equal(after.notes, ['Redis: no running instance keeps the mirror up to date'])
  // Each source may be away.
  const noRedis = await lag({ ...settings, 'redis.url': `redis://${nowhere}` })
  assert.is(noRedis.totalLag, 40)
  assert.match(noRedis.notes[0]!, /^Redis: .*ECONNREFUSED/)
  const noKafka = await lag({ ...settings, 'redis.url': '', 'kafka.brokers': nowhere })
  assert.equal(
    noKafka.partitions.map(({ lag }) => lag),
    [null, null],
  )
  assert.is(
    noKafka.partitions.reduce((sum, { committed }) => sum + committed!, 0),
    500,
  )
  const nothing = await cli('lag', ...flags({ ...settings, 'postgres.url': `postgres://${nowhere}/x` }))
  assert.is(nothing.code, 4)
})

test('lag --watch: a reading every second, until a signal', async () => {
  const settings = await settingsOf(await topic())
  const lines: string[] = []
  const code = runCli(['lag', '--watch', '--json', ...flags(settings)], {
    out: text => lines.push(text),
    note: text => lines.push(text),
  })
  await until(() => lines.length >= 2, { deadlineMs: 10_000, what: 'two readings' })
  process.emit('SIGINT')
  assert.is(await code, 0)
  for (const line of lines) assert.is((JSON.parse(line) as LagReport).partitions.length, 1)
  assert.is(process.listenerCount('SIGINT'), 0)
})

test('check: all is well', async () => {
  const settings = await settingsOf(await topic())
  assert.equal(await check(settings), { code: 0, bad: [] })
  const { out } = await cli('check', ...flags(settings))
  for (const line of [/^ok +config +valid/m, /^ok +kafka +topic .* has 1 partitions/m, /^ok +redis/m])
    assert.match(out, line)
  assert.equal(await check({ ...settings, 'redis.url': '' }), { code: 0, bad: [] })
})

test('check: a wrong configuration is 2, with file, line, column and a guess', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'logcollector-check-'))
  cleanUp(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'logcollector.yaml')
  writeFileSync(file, 'kafka:\n  topic: [logs]\nworkers: many\n')
  process.env.LOGCOLLECTOR_KAFKA_GROUPID = 'x'
  try {
    const { code, out } = await cli('check', '--config', file)
    assert.is(code, 2)
    assert.match(out, `${file}:2:3: kafka.topic: is no setting; did you mean kafka.topics?`)
    assert.match(out, `${file}:3:10: workers`)
    assert.match(out, 'LOGCOLLECTOR_KAFKA_GROUPID is no setting')
    assert.match(out, 'did you mean LOGCOLLECTOR_KAFKA_GROUP_ID?')
    const alone = await check(await settingsOf(await topic()))
    assert.is(alone.code, 2, 'also where all else is well')
    assert.equal(
      alone.bad.map(({ subject }) => subject),
      ['config'],
    )
  } finally {
    delete process.env.LOGCOLLECTOR_KAFKA_GROUPID
  }
})

test('check: whatever is away or missing is 4, each with its remedy', async () => {
  const settings = await settingsOf(await topic())
  const wrong: Readonly<Record<string, Settings>> = {
    kafka: { 'kafka.brokers': nowhere },
    postgres: { 'postgres.url': `postgres://${nowhere}/x` },
    redis: { 'redis.url': `redis://${nowhere}` },
  }
  for (const [subject, change] of Object.entries(wrong)) {
    const { code, bad } = await check({ ...settings, ...change })
    assert.is(code, 4)
    assert.equal(
      bad.map(finding => finding.subject),
      [subject],
    )
    assert.match(bad[0]!.message, 'ECONNREFUSED')
    assert.ok(bad[0]!.remedy)
  }
  const noTopic = await check({ ...settings, 'kafka.topics': 'none-such' })
  assert.match(noTopic.bad[0]!.message, 'topic none-such does not exist')
  const noDatabase = await check({ ...settings, 'postgres.url': urlOf(settings['postgres.url']!, 'none') })
  assert.match(noDatabase.bad[0]!.message, /database "none" does not exist/)
})

test('check: the state of the schema, and what the role lacks', async () => {
  const settings = await settingsOf(await topic())
  const url = settings['postgres.url']!
  const role = uniqueName('role')
  await execute(postgresAddress(), `create role ${role} login`)
  cleanUp(() => execute(postgresAddress(), `drop role ${role}`))
  cleanUp(() => execute(url, `drop owned by ${role}`))
  const as = new URL(url)
  as.username = role
  const found = async () => (await check({ ...settings, 'postgres.url': as.href })).bad[0]?.message
  assert.match((await found()) ?? '', 'lacks usage on the schema')
  await execute(url, `grant usage on schema logcollector to ${role}`)
  assert.match((await found()) ?? '', 'insert on logs')
  await execute(
    url,
    `grant select, insert on logcollector.logs, logcollector.ingest_ledger, logcollector.dead_letters,
       logcollector.offset_gaps to ${role}`,
    `grant select, insert, update on logcollector.offsets, logcollector.log_rollup_1m,
       logcollector.topics, logcollector.anomalies,
       logcollector.anomaly_watch to ${role}`,
    `grant select on logcollector.schema_migrations, logcollector.segments, logcollector.api_keys to ${role}`,
  )
  assert.match((await found()) ?? '', `${role} lacks execute on function ensure_segment`)
  await execute(url, `grant execute on all functions in schema logcollector to ${role}`)
  assert.is(await found(), undefined)
  await execute(url, `insert into logcollector.schema_migrations (number, name) values (9999, 'later')`)
  assert.match((await found()) ?? '', 'the schema is at 9999')
  await execute(url, 'drop schema logcollector cascade')
  assert.match((await found()) ?? '', 'may not make it')
  assert.is((await check(settings)).code, 0, 'the owner may')
})

test('check: a Redis without room is a problem', async () => {
  const settings = await settingsOf(await topic())
  const client = redisClient()
  await client.config('SET', 'maxmemory', '1')
  try {
    const { code, bad } = await check(settings)
    assert.equal([code, bad[0]?.subject], [4, 'redis'])
    assert.match(bad[0]!.message, 'OOM')
  } finally {
    await client.config('SET', 'maxmemory', '0')
  }
})

test.run()

/**
 * Least privilege: what `migrate --writer --reader` grants is enough for the whole program and for verify, and for
 * nothing else; and time-outs that somebody set on role or database do not reach our sessions.
 */
import pg from 'pg'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import type { EventName, Events } from '../../src/events.ts'
import { connectClient } from '../../src/postgres/connect.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { migrate } from '../../src/store/migrate.ts'
import { readMigrations } from '../../src/store/migrations.ts'
import { verify } from '../../src/store/verify/index.ts'
import { cli } from '../support/cli.ts'
import { database, kafkaAddress, postgresAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute, uniqueName } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('roles', { timeoutMs: 60_000 })
const RECORDS = 20_000
const INSUFFICIENT_PRIVILEGE = '42501'

async function role(url: string, options = 'login'): Promise<string> {
  const name = uniqueName('role')
  await execute(postgresAddress(), `create role ${name} ${options}`)
  cleanUp(() => execute(postgresAddress(), `drop role ${name}`))
  cleanUp(() => execute(url, `drop owned by ${name}`))
  return name
}

const as = (url: string, name: string): string => {
  const other = new URL(url)
  other.username = name
  return other.href
}

async function sqlstateOf(url: string, sql: string): Promise<string | null> {
  const client = new pg.Client({ connectionString: url, options: '-c search_path=logcollector' })
  // A time-out of the database may end it after the answer.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query(`begin; ${sql}; rollback`)
    return null
  } catch (error) {
    return (error as pg.DatabaseError).code ?? null
  } finally {
    await client.end()
  }
}

async function assertRefused(url: string, statements: readonly string[]): Promise<void> {
  for (const sql of statements) assert.is(await sqlstateOf(url, sql), INSUFFICIENT_PRIVILEGE, sql)
}

interface Heard {
  readonly name: EventName
  readonly fields: Events[EventName]
}

/** Runs the engine as the role of `url` until everything is stored; what it said. */
async function store(
  url: string,
  isEnough: (heard: readonly Heard[]) => boolean = () => true,
): Promise<Heard[]> {
  const name = await topic({ partitions: 2 })
  const source = { seed: 1, records: RECORDS, startMs: Date.now() - 60_000, spanMs: 60_000, keys: false }
  await produce({ brokers: kafkaAddress().split(','), topic: name, source: createGeneratedSource(source) })
  const heard: Heard[] = []
  const settings = {
    'kafka.topics': name,
    'kafka.group_id': name,
    'postgres.url': url,
    'storage.verify_interval': '1s',
  } as const
  const listener = (event: EventName, fields: Events[EventName]) => void heard.push({ name: event, fields })
  const { engine, ready, stop } = startEngine(settings, { listener: listener as never })
  await ready()
  const stored = () => engine.snapshot().partitions.reduce((sum, { committed }) => sum + committed, 0)
  await until(() => stored() === RECORDS && isEnough(heard), { deadlineMs: 30_000, what: 'all rows' })
  assert.ok(await stop())
  return heard
}

const failures = (heard: readonly Heard[]): readonly Heard[] =>
  heard.filter(({ name }) => name === 'sink:transaction:failed' || name === 'store:task:failed')

test('the writer: enough for a whole run with the storekeeper, and for nothing else', async () => {
  const url = await database()
  const writer = await role(url)
  const { code, out } = await cli('migrate', '--writer', writer, '--set', `postgres.url=${url}`)
  assert.is(code, 0)
  assert.match(out, `granted ${writer} its rights`)
  const isVerified = (heard: readonly Heard[]) => heard.some(({ name }) => name === 'store:verify:completed')
  const heard = await store(as(url, writer), isVerified)
  assert.equal(failures(heard), [])
  const report = await verify(url, { sinceMs: null })
  assert.ok(report.ok, JSON.stringify(report))
  await assertRefused(as(url, writer), [
    'drop table logs',
    'drop schema logcollector cascade',
    'alter table logs add column x int',
    'create table logcollector.mine (id int)',
    'truncate logs',
    'delete from logs',
    'update logs set message = null',
    'delete from ingest_ledger',
    'update ingest_ledger set stored = 0',
    'delete from offsets',
    'delete from log_rollup_1m',
    `insert into schema_migrations (number, name) values (9999, 'x')`,
    `insert into database_roles (role, kind) values ('x', 'writer')`,
    `alter function ensure_segment(timestamptz, integer) set search_path = public`,
    'select rolpassword from pg_authid',
    'create role another',
  ])
})

test('a function with its owner’s rights is not to be fooled by temporary tables', async () => {
  const url = await database()
  const writer = await role(url)
  await migrate(url, { grants: [{ role: writer, kind: 'writer' }] })
  const client = new pg.Client({ connectionString: as(url, writer) })
  await client.connect()
  try {
    await client.query('create temporary table segments (like logcollector.segments)')
    await client.query(`select logcollector.ensure_segment('2031-01-01', 24)`)
    assert.equal((await client.query('select * from pg_temp.segments')).rows, [])
  } finally {
    await client.end()
  }
  const found = new pg.Client({ connectionString: url })
  await found.connect()
  try {
    const { rows } = await found.query(
      `select proname from pg_proc where prosecdef and pronamespace = 'logcollector'::regnamespace
         and not exists (select from unnest(proconfig) as c where c ~ '^search_path=.*, pg_temp$')`,
    )
    assert.equal(rows, [], 'each puts pg_temp last')
  } finally {
    await found.end()
  }
})

test('the reader: reads and verifies within its time-outs, and writes nothing', async () => {
  const url = await database()
  const reader = await role(url)
  const { notes } = await migrate(url, { grants: [{ role: reader, kind: 'reader' }] })
  assert.equal(notes, [])
  const report = await verify(as(url, reader), { sinceMs: null })
  assert.ok(report.ok)
  for (const table of [
    'logs',
    'log_rollup_1m',
    'dead_letters',
    'ingest_ledger',
    'segments',
    'topics',
    'offsets',
  ])
    assert.is(await sqlstateOf(as(url, reader), `select * from ${table}`), null)
  await assertRefused(as(url, reader), [
    `insert into logs (ts, severity, attrs, topic_id, kafka_partition, kafka_offset) values (now(), 9, '{}', 1, 0, 0)`,
    'update offsets set next_offset = 0',
    'delete from dead_letters',
    'truncate log_rollup_1m',
    `select ensure_segment('2031-01-01', 24)`,
    `select commit_tail('{"offsets": [{"topic": 1, "kpartition": 0}]}')`,
    'create table logcollector.mine (id int)',
    'select rolpassword from pg_authid',
  ])
  const client = new pg.Client({ connectionString: as(url, reader) })
  await client.connect()
  const { rows } = await client.query(
    `select current_setting('statement_timeout') as statement,
       current_setting('idle_in_transaction_session_timeout') as idle`,
  )
  await client.end()
  assert.equal(rows, [{ statement: '1min', idle: '1min' }])
})

test('a migration grants the roles of earlier runs what is new', async () => {
  const url = await database()
  const [writer, reader] = [await role(url), await role(url)]
  await migrate(url, {
    grants: [
      { role: writer, kind: 'writer' },
      { role: reader, kind: 'reader' },
    ],
  })
  const all = await readMigrations()
  const next = {
    number: all.at(-1)!.number + 1,
    name: 'next.sql',
    checksum: 'x',
    sql: 'create table logcollector.more (id int);',
  }
  await execute(url, `revoke insert on logcollector.logs from ${writer}`)
  const { granted } = await migrate(url, { migrations: [...all, next] })
  assert.equal([...granted].sort(), [writer, reader].sort())
  assert.is(await sqlstateOf(as(url, reader), 'select * from more'), null)
  assert.is(await sqlstateOf(as(url, writer), 'select * from more'), INSUFFICIENT_PRIVILEGE)
  const insert = `insert into logs (ts, severity, attrs, topic_id, kafka_partition, kafka_offset)
    select now(), 9, '{}', 1, 0, 0 where false`
  assert.is(await sqlstateOf(as(url, writer), insert), null)
})

test('an owner that is no superuser: what it may not do is said', async () => {
  const url = await database()
  const owner = await role(url)
  const reader = await role(url)
  await execute(url, 'drop schema logcollector cascade')
  await execute(url, `grant create on database ${new URL(url).pathname.slice(1)} to ${owner}`)
  const { notes } = await migrate(as(url, owner), { grants: [{ role: reader, kind: 'reader' }] })
  assert.is(notes.length, 2)
  assert.match(notes[0]!, `alter role "${reader}" in database`)
  for (const [unsuitable, reason] of [
    ['nobody_of_this_name', /no such role/],
    ['postgres', /superuser/],
    [owner, /owns the schema/],
  ] as const) {
    const error = await migrate(url, { grants: [{ role: unsuitable, kind: 'writer' }] }).catch(
      thrown => thrown,
    )
    assert.instance(error, PipelineError)
    assert.is(error.code, 'ROLE_UNSUITABLE')
    assert.match(String(error.context.reason), reason)
  }
})

test('a writer before the tables are there: it says which command makes them, and goes on when they are', async () => {
  const url = await database()
  const writer = await role(url)
  await execute(url, 'drop schema logcollector cascade')
  const settings = { 'kafka.topics': await topic(), 'postgres.url': as(url, writer) } as const
  const { notReady, ready } = startEngine(settings)
  await notReady('command=logcollector migrate')
  await migrate(url, { grants: [{ role: writer, kind: 'writer' }] })
  await ready()
})

test('postgres.migrate_url makes the tables, postgres.url writes', async () => {
  const url = await database()
  const writer = await role(url)
  await migrate(url, { grants: [{ role: writer, kind: 'writer' }] })
  // One that is missing: the roles' rights come with it.
  await execute(url, 'drop table logcollector.database_roles cascade')
  await execute(url, 'delete from logcollector.schema_migrations where number = 3')
  const { ready } = startEngine({
    'kafka.topics': await topic(),
    'postgres.url': as(url, writer),
    'postgres.migrate_url': url,
  })
  await ready()
})

test('time-outs set on the database or the role do not reach us', async () => {
  const url = await database()
  const writer = await role(url)
  await migrate(url, { grants: [{ role: writer, kind: 'writer' }] })
  const name = new URL(url).pathname.slice(1)
  await execute(
    url,
    `alter database ${name} set statement_timeout = '300ms'`,
    `alter database ${name} set idle_in_transaction_session_timeout = '1ms'`,
    `alter database ${name} set default_transaction_isolation = 'serializable'`,
    `alter role ${writer} in database ${name} set lock_timeout = '1ms'`,
  )
  assert.is(await sqlstateOf(as(url, writer), 'select pg_sleep(1)'), '57014', 'they are in force')
  // Every claim and every commit takes longer.
  await execute(
    url,
    `create function public.slow() returns trigger language plpgsql as 'begin perform pg_sleep(0.4); return null; end'`,
    'create trigger slow before update on logcollector.offsets for each statement execute function public.slow()',
  )
  assert.equal(failures(await store(as(url, writer))), [])
  const options = { name: 'test', connectTimeoutMs: 5_000, access: 'write' } as const
  const { client } = await connectClient({ url: as(url, writer), ...options })
  const { rows } = await client.query(
    `select setting from pg_settings where name in ('lock_timeout', 'default_transaction_isolation') order by name`,
  )
  await client.end()
  assert.equal(rows, [{ setting: 'read committed' }, { setting: '0' }])
})

test.run()

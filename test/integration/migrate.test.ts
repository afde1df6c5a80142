/**
 * The schema over time: several processes at once, every earlier version with data in its tables, files that were
 * changed afterwards, and the dry run.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { migrate, planMigration } from '../../src/store/migrate.ts'
import { type Migration, readMigrations } from '../../src/store/migrations.ts'
import { verify } from '../../src/store/verify/index.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { cli } from '../support/cli.ts'
import { postgresAddress } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { dropDatabase, execute, uniqueName, urlOf } from '../support/template.ts'

const test = suite('migrate', { timeoutMs: 60_000 })
const PROCESSES = 5

async function emptyDatabase(): Promise<string> {
  const name = uniqueName('test')
  await execute(postgresAddress(), `create database ${name}`)
  cleanUp(() => dropDatabase(postgresAddress(), name))
  return urlOf(postgresAddress(), name)
}

async function query<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return (await client.query<T & pg.QueryResultRow>(sql)).rows
  } finally {
    await client.end()
  }
}

const refusalOf = async (work: Promise<unknown>): Promise<PipelineError> => {
  const error: unknown = await work.catch(thrown => thrown)
  if (error instanceof PipelineError) return error
  throw new Error('it was not refused', { cause: error })
}

test('five processes at once: each file is applied once', async () => {
  const url = await emptyDatabase()
  const program = join(repositoryRoot, 'dist', 'src', 'main.js')
  const args = [program, 'migrate', '--json', '--set', `postgres.url=${url}`]
  const runs = Array.from({ length: PROCESSES }, async () => {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, problems, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit'),
    ])
    assert.is(code, 0, problems)
    return (JSON.parse(out) as { applied: string[] }).applied
  })
  const applied = (await Promise.all(runs)).flat().sort()
  const files = (await readMigrations()).map(({ name }) => name)
  assert.equal(applied, files)
  assert.equal(await query(url, 'select name from logcollector.schema_migrations order by number'), [
    ...files.map(name => ({ name })),
  ])
})

const TOKEN = '00000000-0000-4000-8000-000000000001'
const tail = (first: number, dead: number): string => {
  const next = first + 2 + dead
  const letters = Array.from({ length: dead }, (_, n) => ({
    topic: 1,
    kpartition: 0,
    at_offset: first + 2 + n,
    raw: 'eA==',
    code: 'MALFORMED',
    reason: 'test',
  }))
  return JSON.stringify({
    offsets: [{ topic: 1, kpartition: 0, token: TOKEN, expected: first, next }],
    rollups: [
      { minute: 29_000_000, service: 's', severity: 9, topic: 1, kpartition: 0, records: 2, bytes: 20 },
    ],
    ledger: [
      {
        topic: 1,
        kpartition: 0,
        first,
        next,
        stored: 2,
        dead,
        skipped: 0,
        bytes: 20,
        min_us: 29_000_000 * 60e6,
        max_us: 29_000_000 * 60e6,
      },
    ],
    dead: letters,
  })
}

/** What a transaction of the program does, by the functions of the first version, which every later one keeps. */
async function commit(url: string, first: number, dead: number): Promise<void> {
  const row = (offset: number): string =>
    `(timestamptz 'epoch' + 29000000 * interval '1 minute', 9, 's', 'message', '{}', 1, 0, ${offset})`
  await execute(
    url,
    `begin;
     insert into logcollector.logs (ts, severity, service, message, attrs, topic_id, kafka_partition, kafka_offset)
     values ${row(first)}, ${row(first + 1)};
     select logcollector.commit_tail('\\x${Buffer.from(tail(first, dead)).toString('hex')}');
     commit`,
  )
}

async function fill(url: string): Promise<void> {
  await execute(
    url,
    `select logcollector.ensure_segment(date_trunc('day', timestamptz 'epoch' + 29000000 * interval '1 minute', 'UTC'), 24)`,
    `insert into logcollector.topics (cluster_id, group_id, topic) values ('c', 'g', 't')`,
    `insert into logcollector.offsets (topic_id, kafka_partition, start_offset, next_offset, owner_token)
     values (1, 0, 0, 0, '${TOKEN}')`,
  )
  await commit(url, 0, 1)
}

test('from every earlier version, with data in the tables', async () => {
  const all = await readMigrations()
  for (const [at] of all.entries()) {
    const url = await emptyDatabase()
    const before = all.slice(0, at + 1)
    await migrate(url, { migrations: before })
    await fill(url)
    const { applied } = await migrate(url)
    assert.equal(
      applied,
      all.slice(at + 1).map(({ name }) => name),
    )
    await commit(url, 3, 0)
    const report = await verify(url, { sinceMs: null })
    assert.ok(report.ok, `from ${before.at(-1)!.name}: ${JSON.stringify(report)}`)
    assert.equal(await query(url, 'select count(*)::integer as rows from logcollector.logs'), [{ rows: 4 }])
  }
})

test('a database from before there were checksums gets them', async () => {
  const url = await emptyDatabase()
  const all = await readMigrations()
  await migrate(url, { migrations: all.slice(0, 1) })
  await execute(url, 'alter table logcollector.schema_migrations drop column checksum')
  assert.match((await planMigration(url)).sql, /set checksum = '[0-9a-f]{64}' where number = 1 /)
  await migrate(url)
  const rows = await query(url, 'select checksum from logcollector.schema_migrations order by number')
  assert.equal(
    rows,
    all.map(({ checksum }) => ({ checksum })),
  )
})

test('a file that changed after it was applied is named', async () => {
  const url = await emptyDatabase()
  const all = await readMigrations()
  await migrate(url)
  const changed = all.map((each: Migration, at) => (at === 0 ? { ...each, checksum: 'f'.repeat(64) } : each))
  const error = await refusalOf(migrate(url, { migrations: changed }))
  assert.is(error.code, 'MIGRATION_CHANGED')
  assert.is(error.context.file, `sql/${all[0]!.name}`)
})

test('one that fails leaves nothing behind, and the next start goes on from there', async () => {
  const url = await emptyDatabase()
  const all = await readMigrations()
  const newest = all.at(-1)!.number
  const broken = {
    number: newest + 1,
    name: 'broken.sql',
    checksum: 'x',
    sql: 'create table logcollector.half (id int); select 1 / 0;',
  }
  await refusalOf(migrate(url, { migrations: [...all, broken] }))
  assert.equal(await query(url, `select to_regclass('logcollector.half')::text as half`), [{ half: null }])
  assert.equal((await migrate(url)).applied, [], 'those before it stay')
})

test('the dry run prints what would run, and changes nothing', async () => {
  const url = await emptyDatabase()
  const { code, out } = await cli('migrate', '--dry-run', '--set', `postgres.url=${url}`)
  assert.is(code, 0)
  for (const { name } of await readMigrations()) assert.match(out, `-- ${name}`)
  assert.match(out, 'create table ingest_ledger')
  assert.equal(await query(url, `select to_regnamespace('logcollector')::text as schema`), [{ schema: null }])
  // It is what runs: by itself it makes a database that is up to date.
  await execute(url, ...out.split(/(?<=\ncommit;\n)/))
  assert.equal((await migrate(url)).applied, [])
  assert.match((await cli('migrate', '--dry-run', '--set', `postgres.url=${url}`)).out, 'up to date')
})

test.run()

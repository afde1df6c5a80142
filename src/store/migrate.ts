/**
 * Brings a database to the schema of this version: the numbered files of sql/, forward only, each in one transaction,
 * under an advisory lock so that instances that start together do it once.
 */
import { readdir, readFile } from 'node:fs/promises'
import pg from 'pg'
import { PipelineError } from '../errors.ts'
import { storeError } from './connection.ts'

export interface Migration {
  readonly number: number
  readonly name: string
  readonly sql: string
}

/** Compiled files lie in dist/, sql/ beside it. */
const SQL_FOLDER = new URL('../../../sql/', import.meta.url)
const FILE_NAME = /^(\d{4})_(\w+)\.sql$/
const LOCK = `select pg_advisory_lock(hashtext('logcollector.migrate'))`

/** The migrations of this version, by number. */
export async function readMigrations(): Promise<Migration[]> {
  const names = (await readdir(SQL_FOLDER)).sort()
  const found = names
    .map(name => ({ name, match: FILE_NAME.exec(name) }))
    .filter(({ match }) => match !== null)
  return Promise.all(
    found.map(async ({ name, match }) => ({
      number: Number(match![1]),
      name,
      sql: await readFile(new URL(name, SQL_FOLDER), 'utf8'),
    })),
  )
}

/** Runs what is missing and returns the files' names. @throws SCHEMA_AHEAD where the database is of a newer version */
export async function migrate(url: string): Promise<{ applied: string[] }> {
  const migrations = await readMigrations()
  const client = new pg.Client({ connectionString: url, application_name: 'logcollector migrate' })
  try {
    await client.connect()
    await client.query(LOCK)
    const done = await appliedNumber(client)
    checkNotAhead(done, migrations)
    const missing = migrations.filter(({ number }) => number > done)
    for (const migration of missing) await apply(client, migration)
    return { applied: missing.map(({ name }) => name) }
  } catch (error) {
    throw storeError(error, 'migrate')
  } finally {
    await client.end()
  }
}

function checkNotAhead(done: number, migrations: readonly Migration[]): void {
  const newest = migrations.at(-1)?.number ?? 0
  if (done > newest) throw new PipelineError('SCHEMA_AHEAD', { found: done, known: newest })
}

async function appliedNumber(client: pg.Client): Promise<number> {
  const { rows: tables } = await client.query<{ found: boolean }>(
    `select to_regclass('logcollector.schema_migrations') is not null as found`,
  )
  if (!tables[0]!.found) return 0
  const { rows } = await client.query<{ number: number }>(
    'select coalesce(max(number), 0)::integer as number from logcollector.schema_migrations',
  )
  return rows[0]!.number
}

async function apply(client: pg.Client, { number, name, sql }: Migration): Promise<void> {
  await client.query('begin')
  await client.query(sql)
  await client.query(
    `create table if not exists logcollector.schema_migrations
       (number integer primary key, name text not null, applied_at timestamptz not null default now())`,
  )
  await client.query('insert into logcollector.schema_migrations (number, name) values ($1, $2)', [
    number,
    name,
  ])
  await client.query('commit')
}

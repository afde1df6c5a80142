/**
 * deploy/compose/roles.sql and `migrate --reader` as docker-compose.yml runs them, by psql on a real Postgres: the
 * reader reads what the boards ask for and changes nothing, the monitor sees no row. Both may run again.
 */
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import pg from 'pg'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/store/migrate.ts'
import { runCommand } from '../../stack/command.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { database, postgresAddress } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute, uniqueName } from '../support/template.ts'

const test = suite('compose roles', { timeoutMs: 20_000 })
const [reader, monitor] = [uniqueName('it"s reader'), uniqueName('monitor')]
const PERMISSION_DENIED = '42501'

const folders = (process.env.PATH ?? '').split(delimiter)
const hasPsql = folders.some(folder => existsSync(join(folder, 'psql')))
if (!hasPsql) console.log('skipped: psql is not in PATH')

const quoted = pg.escapeIdentifier

/** What the service `roles` does, with these passwords. */
function makeRoles(url: string, password: string): Promise<string> {
  const file = join(repositoryRoot, 'deploy/compose/roles.sql')
  const roles = { READER: reader, READER_PASSWORD: password, MONITOR: monitor, MONITOR_PASSWORD: password }
  const args = ['--no-psqlrc', '--quiet', '--dbname', url, '--file', file]
  return runCommand('psql', args, { env: { ...process.env, ...roles } })
}

async function codeOf(client: pg.Client, sql: string): Promise<string | null> {
  try {
    await client.query(sql)
    return null
  } catch (error) {
    return (error as pg.DatabaseError).code ?? 'none'
  }
}

async function as(url: string, role: string): Promise<pg.Client> {
  const address = new URL(url)
  address.username = encodeURIComponent(role)
  address.password = ''
  const client = new pg.Client({ connectionString: address.href })
  await client.connect()
  cleanUp(() => client.end())
  return client
}

if (hasPsql)
  test('the reader reads and changes nothing, the monitor sees statistics and no row', async () => {
    const url = await database()
    cleanUp(async () => {
      const drops = [reader, monitor].flatMap(role => [
        `drop owned by ${quoted(role)}`,
        `drop role ${quoted(role)}`,
      ])
      await execute(url, ...drops)
    })
    await makeRoles(url, 'the first')
    await migrate(url, { grants: [{ role: reader, kind: 'reader' }] })
    const secret = async () => {
      const client = await as(url, new URL(postgresAddress()).username)
      const { rows } = await client.query('select rolpassword from pg_authid where rolname = $1', [reader])
      return rows[0].rolpassword as string
    }
    const before = await secret()
    await makeRoles(url, `it's another`)
    assert.is.not(await secret(), before)

    const reading = await as(url, reader)
    for (const table of ['logs', 'log_rollup_1m', 'ingest_ledger', 'dead_letters', 'anomalies', 'segments'])
      assert.is(await codeOf(reading, `select from logcollector.${table} limit 1`), null, table)
    for (const sql of [
      `insert into logcollector.offset_gaps select from logcollector.offset_gaps`,
      `delete from logcollector.anomalies`,
      `drop table logcollector.logs`,
      `create table logcollector.mine ()`,
      `create role ${quoted(uniqueName('another'))}`,
    ])
      assert.is(await codeOf(reading, sql), PERMISSION_DENIED, sql)
    assert.equal((await reading.query('show statement_timeout')).rows, [{ statement_timeout: '1min' }])

    const watching = await as(url, monitor)
    assert.is(await codeOf(watching, 'select from logcollector.logs limit 1'), PERMISSION_DENIED)
    const { rows } = await watching.query(
      `select count(*)::integer as seen from pg_stat_activity where usename = $1 and query <> '<insufficient privilege>'`,
      [reader],
    )
    assert.equal(rows, [{ seen: 1 }])
  })

test.run()

/** Names of segments, roles and databases that are meant to break out of SQL: quoted everywhere, or refused. */
import pg from 'pg'
import * as assert from 'uvu/assert'
import { migrate } from '../../src/store/migrate.ts'
import { addRows } from '../support/segments.ts'
import { postgresAddress } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute, uniqueName, urlOf } from '../support/template.ts'
import { ALL, assertVerified, at, HOUR_MS, stage, statesOf } from './storage-stage.ts'

const test = suite('hostile names', { timeoutMs: 30_000 })

/** At most 40 bytes: the names of indexes are longer. */
const segments = ['x"; drop table logs; --', "o'brien \\ $$ $1", 'Größe 💥 %s', 'select', 'two\nlines']

for (const name of segments)
  test(`a segment called ${JSON.stringify(name)} is sealed, verified, detached and dropped, and nothing else is`, async () => {
    const { client, remove, seal, segments: list, url } = await stage()
    await addRows(client, {
      from: '2026-01-01T00:00Z',
      to: '2026-01-01T23:00Z',
      rows: 300,
      committedAt: '2026-01-02T00:30Z',
    })
    await addRows(client, { from: '2026-01-05T00:00Z', to: '2026-01-05T01:00Z', rows: 50 })
    await client.query(`alter table logs_20260101 rename to ${pg.escapeIdentifier(name)}`)
    await client.query('update segments set segment = $1 where segment = $2', [name, 'logs_20260101'])
    await seal(at('2026-01-03T00:00Z'))
    assert.equal(statesOf(await list()), [`${name} sealed`, 'logs_20260105 live'])
    const [sealed] = await list()
    for (const kind of ALL) {
      const index = sealed!.indexes.find(each => each.name === `${name}_${kind}`)
      assert.ok(index?.isValid, kind)
    }
    await assertVerified(url)
    await client.query(`alter table logs detach partition ${pg.escapeIdentifier(name)}`)
    // As retention leaves it between its two steps.
    await client.query(`update segments set state = 'detached', removal = 'age' where segment = $1`, [name])
    await assertVerified(url)
    await remove(at('2026-01-05T01:00Z'), 24 * HOUR_MS)
    assert.equal(statesOf(await list()), ['logs_20260105 live'])
    const { rows } = await client.query('select count(*)::int as count from logs')
    assert.is(rows[0].count, 50)
    await assertVerified(url)
  })

test('roles and a database with such names are granted what they need, and nothing is run', async () => {
  const [server, id] = [postgresAddress(), uniqueName('hostile').slice(0, 20)]
  const database = `${id} "; drop $$ '\\ %`
  const reader = `${id} $$; create table owned(); do $$ "' \\`
  const writer = `${id}\n; create table owned(); -- "`
  const named = [reader, writer].map(pg.escapeIdentifier)
  await execute(server, `create database ${pg.escapeIdentifier(database)}`)
  for (const role of named) await execute(server, `create role ${role} login`)
  cleanUp(async () => {
    await execute(server, `drop database ${pg.escapeIdentifier(database)} with (force)`)
    for (const role of named) await execute(server, `drop role ${role}`)
  })
  const url = urlOf(server, encodeURIComponent(database))
  const grants = [
    { role: reader, kind: 'reader' as const },
    { role: writer, kind: 'writer' as const },
  ]
  const { granted } = await migrate(url, { grants })
  assert.equal([...granted].sort(), [reader, writer].sort())
  const { hostname, port, username } = new URL(server)
  // pg itself reads a URL otherwise than libpq.
  const client = new pg.Client({ host: hostname, port: Number(port), user: username, database })
  await client.connect()
  try {
    const { rows } = await client.query(
      `select to_regclass('owned') as public, to_regclass('logcollector.owned') as ours,
         has_table_privilege($1, 'logcollector.logs', 'select') as reads,
         has_table_privilege($1, 'logcollector.logs', 'insert') as reader_writes,
         has_table_privilege($2, 'logcollector.logs', 'insert') as writes,
         has_table_privilege($2, 'logcollector.logs', 'truncate') as truncates,
         (select array_agg(role::text order by role) from logcollector.database_roles) as noted`,
      [reader, writer],
    )
    assert.equal(rows, [
      {
        public: null,
        ours: null,
        reads: true,
        reader_writes: false,
        writes: true,
        truncates: false,
        noted: [reader, writer].sort(),
      },
    ])
  } finally {
    await client.end()
  }
})

test.run()

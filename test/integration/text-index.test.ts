/**
 * Parts of messages by a trigram index: built when a segment is sealed, where the server lets us; used by the search;
 * and everything answers without it (src/store/storage/text-index.ts, src/query/indexed.ts).
 */
import pg from 'pg'
import * as assert from 'uvu/assert'
import type { Explained, SearchAnswer } from '../../src/query/contract.ts'
import { sealDue } from '../../src/store/storage/seal.ts'
import { findTextIndex } from '../../src/store/storage/text-index.ts'
import { cli } from '../support/cli.ts'
import { addRows, connect } from '../support/segments.ts'
import { postgresAddress } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute, uniqueName } from '../support/template.ts'
import { apiWith, numberOf } from './api-fixture.ts'
import { ALL, at, HOUR_MS, stage } from './storage-stage.ts'

const test = suite('integration/text-index', { timeoutMs: 30_000 })
const ROWS = 60_000
const DAY = 'from=2026-01-01&to=2026-01-02'

test('a search for a part of a message is answered by the index of a sealed segment, in one look', async () => {
  const api = await apiWith(0)
  const client = await connect(api.url)
  const time = { from: '2026-01-01T00:00Z', to: '2026-01-01T23:59Z' }
  await addRows(client, { ...time, rows: ROWS, transactions: 2, committedAt: '2026-01-02T00:00Z' })
  const ask = async (query: string) => {
    const answer = await api.json<SearchAnswer & Explained>(`logs?${DAY}&explain&${query}`)
    const looks = answer.explain!.filter(({ task }) => task === 'search logs')
    return { found: answer.records.map(numberOf), complete: answer.complete, looks }
  }
  const before = await ask('q=NUMBER%204321')
  const policy = { sealAfterMs: HOUR_MS, indexes: ALL, textIndex: 'auto' as const }
  await sealDue(client, policy, at('2026-01-03T00:00Z'), () => undefined)
  const after = await ask('q=NUMBER%204321')
  // 4321 and 43210 to 43219.
  assert.is(after.found.length, 11)
  assert.equal(after.found, before.found)
  assert.ok(before.looks.length > 1 && before.looks.every(({ plan }) => !plan.join().includes('trigram')))
  assert.is(after.looks.length, 1)
  assert.match(after.looks[0]!.plan.join('\n'), 'logs_20260101_trigram')
  // Two letters are no trigram: looked for as before.
  const short = await ask('q=99&limit=1000')
  assert.ok(short.looks.length > 1 && short.complete)
  const [trace] = (await client.query(`select trace_id from logs where kafka_offset = 30000`)).rows
  const traced = await ask(`trace_id=${trace.trace_id}`)
  assert.equal([traced.found, traced.looks.length], [[30_000], 1])
  assert.match(traced.looks[0]!.plan.join('\n'), 'logs_20260101_trace')

  const { out } = await cli('storage', '--set', `postgres.url=${api.url}`)
  assert.match(out, 'trigram')
  const said = JSON.parse(
    (await cli('storage', '--json', '--set', `postgres.url=${api.url}`, '--set', 'storage.text_index=auto'))
      .out,
  )
  const index = said.segments[0].indexes.find(({ name }: { name: string }) => name.endsWith('_trigram'))
  assert.ok(index.isValid && index.bytes > 100_000)
  assert.is(said.policy.textIndex, 'auto')
})

test('where the extension cannot be made nothing is asked of the server, and segments are sealed without', async () => {
  const { client, segments, url } = await stage()
  await addRows(client, {
    from: '2026-01-01T00:00Z',
    to: '2026-01-01T01:00Z',
    rows: 10,
    committedAt: '2026-01-01T02:00Z',
  })
  const role = uniqueName('sealer')
  await execute(postgresAddress(), `create role ${role} login`)
  cleanUp(async () => {
    await execute(url, `reassign owned by ${role} to current_user; drop owned by ${role}`)
    await execute(postgresAddress(), `drop role ${role}`)
  })
  await execute(
    url,
    `grant usage, create on schema logcollector to ${role};
     grant all on all tables in schema logcollector to ${role};
     alter table logcollector.logs owner to ${role}; alter table logcollector.logs_20260101 owner to ${role}`,
  )
  const guest = new URL(url)
  guest.username = role
  const own = new pg.Client({
    connectionString: guest.href,
    options: '-c search_path=logcollector,pg_catalog',
  })
  await own.connect()
  cleanUp(() => own.end())
  const found = await findTextIndex(own, 'auto')
  assert.match('reason' in found ? found.reason : '', 'may not create the extension')
  const policy = { sealAfterMs: HOUR_MS, indexes: ALL }
  const now = at('2026-01-03T00:00Z')
  const refused = await sealDue(own, { ...policy, textIndex: 'on' }, now, () => undefined).catch(
    (error: unknown) => error,
  )
  assert.match(String(refused), 'pg_trgm')
  const [first] = await segments()
  assert.equal([first!.state, first!.sealedWith], ['sealed', ALL])
  // As soon as it may: what is sealed already gets the index too.
  await client.query(`grant create on database ${new URL(url).pathname.slice(1)} to ${role}`)
  await sealDue(own, { ...policy, textIndex: 'auto' }, now, () => undefined)
  assert.equal((await segments())[0]!.sealedWith, [...ALL, 'trigram'])
})

test('off is off', async () => {
  const { client, seal, segments } = await stage()
  await addRows(client, {
    from: '2026-01-01T00:00Z',
    to: '2026-01-01T01:00Z',
    rows: 10,
    committedAt: '2026-01-01T02:00Z',
  })
  await seal(at('2026-01-03T00:00Z'), ALL, 'off')
  assert.equal((await segments())[0]!.sealedWith, ALL)
  const { rows } = await client.query(`select from pg_extension where extname = 'pg_trgm'`)
  assert.is(rows.length, 0)
})

test.run()

/** Sealing, the merged ledger and what is measured, on a real Postgres without Kafka. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { StorePool } from '../../src/store/connection.ts'
import { measure } from '../../src/store/storage/chores.ts'
import { exclusively } from '../../src/store/storage/exclusive.ts'
import { mergeLedger } from '../../src/store/storage/ledger.ts'
import { sealDue } from '../../src/store/storage/seal.ts'
import { verify } from '../../src/store/verify/index.ts'
import { addRows, connect } from '../support/segments.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { ALL, assertVerified, at, HOUR_MS, recorder, stage, statesOf } from './storage-stage.ts'

const test = suite('sealing', { timeoutMs: 30_000 })

test('a segment is sealed when its time is over and nothing came for it, with the indexes of the setting', async () => {
  const { all, client, seal, segments, url } = await stage()
  await addRows(client, {
    from: '2026-01-01T00:00Z',
    to: '2026-01-01T23:59Z',
    rows: 2_000,
    committedAt: '2026-01-02T00:30Z',
  })
  await addRows(client, { from: '2026-01-02T00:00Z', to: '2026-01-02T01:00Z', rows: 100 })
  await seal(at('2026-01-02T01:59Z'))
  assert.equal(statesOf(await segments()), ['logs_20260101 live', 'logs_20260102 live'])
  // Its time is over, but the ledger has arrivals of half past midnight.
  await seal(at('2026-01-02T02:29Z'))
  assert.equal(statesOf(await segments()), ['logs_20260101 live', 'logs_20260102 live'])
  await seal(at('2026-01-02T02:31Z'))
  const [first, second] = await segments()
  assert.is(first!.state, 'sealed')
  assert.is(second!.state, 'live')
  assert.equal(
    first!.indexes.map(({ name, isValid }) => `${name} ${isValid}`),
    [
      'logs_20260101_ts_idx true',
      'logs_20260101_service true',
      'logs_20260101_trace true',
      'logs_20260101_attrs true',
    ],
  )
  assert.is(first!.rowsEstimate, 2_000)
  assert.equal(
    all('store:index:built').map(({ index }) => index),
    ALL,
  )
  const { rows: plan } = await client.query<{ 'QUERY PLAN': string }>(
    `explain select * from logs where trace_id = 'x' and ts < '2026-01-02'`,
  )
  assert.match(plan.map(row => row['QUERY PLAN']).join('\n'), 'logs_20260101_trace')
  // A setting that grew is made up for.
  await seal(at('2026-01-02T03:00Z'), [...ALL, 'text'])
  assert.ok((await segments())[0]!.indexes.some(({ name }) => name === 'logs_20260101_text'))
  // Late records are still welcome.
  await addRows(client, { from: '2026-01-01T10:00Z', to: '2026-01-01T11:00Z', rows: 10 })
  await assertVerified(url)
})

test('a stray record of an old time keeps no segment from being sealed', async () => {
  const { client, seal, segments } = await stage()
  const now = '2026-01-05T12:00Z'
  await addRows(client, {
    from: '2026-01-01T00:00Z',
    to: '2026-01-05T11:00Z',
    rows: 5_000,
    transactions: 1,
    committedAt: now,
  })
  await seal(at(now))
  assert.ok((await segments()).every(({ state }) => state === 'live'))
  // The range of the ledger still reaches over all of them; their sizes tell that nothing came.
  await client.query(`update ingest_ledger set committed_at = '2026-01-05T13:59Z'`)
  await seal(at('2026-01-05T14:00Z'))
  assert.equal(
    (await segments()).map(({ state }) => state),
    ['sealed', 'sealed', 'sealed', 'sealed', 'live'],
  )
})

test('a builder that was killed leaves an invalid index: it is dropped, and built by the next', async () => {
  const { client, seal, segments, url } = await stage()
  await addRows(client, {
    from: '2026-01-01T00:00Z',
    to: '2026-01-01T23:00Z',
    rows: 1_000,
    committedAt: '2026-01-01T23:00Z',
  })
  // Every CREATE INDEX CONCURRENTLY waits for a snapshot that is older than it.
  const reader = await connect(url)
  await reader.query('begin isolation level repeatable read; select 1 from logs')
  const program = join(import.meta.dirname, '../fixtures/storage/seal.js')
  const builder = spawn(process.execPath, [program, url, '2026-01-03T00:00Z'], { stdio: 'inherit' })
  cleanUp(() => void builder.kill('SIGKILL'))
  const isBuilding = async () => (await segments())[0]!.indexes.some(({ isValid }) => !isValid)
  await until(isBuilding, { deadlineMs: 10_000, what: 'a build in its midst' })
  // One at a time: whoever else would seal does nothing meanwhile.
  assert.is(await seal(at('2026-01-03T00:00Z')), null)
  builder.kill('SIGKILL')
  await once(builder, 'exit')
  assert.is((await segments())[0]!.state, 'sealing')
  await reader.query('commit')
  const isSealed = async () => {
    await seal(at('2026-01-03T00:00Z'))
    return (await segments())[0]!.state === 'sealed'
  }
  await until(isSealed, { deadlineMs: 10_000, what: 'the seal of the next' })
  const { indexes } = (await segments())[0]!
  assert.is(indexes.length, 1 + ALL.length)
  assert.ok(indexes.every(({ isValid }) => isValid))
})

test('who is told to stop cuts the build, and its lock is free soon after', async () => {
  const { client, segments, url } = await stage()
  await addRows(client, {
    from: '2026-01-01T00:00Z',
    to: '2026-01-01T23:00Z',
    rows: 100,
    committedAt: '2026-01-01T23:00Z',
  })
  const reader = await connect(url)
  await reader.query('begin isolation level repeatable read; select 1 from logs')
  const stop = new AbortController()
  const { emit } = recorder()
  const policy = { sealAfterMs: HOUR_MS, indexes: ALL, textIndex: 'off' as const }
  const building = exclusively({ url, connectTimeoutMs: 5_000, task: 'seal', signal: stop.signal }, own =>
    sealDue(own, policy, at('2026-01-03T00:00Z'), emit),
  )
  const isBuilding = async () => (await segments())[0]!.indexes.some(({ isValid }) => !isValid)
  await until(isBuilding, { deadlineMs: 10_000, what: 'a build in its midst' })
  stop.abort()
  assert.is(await building, null)
  const isFree = async () => {
    const { rows } = await client.query(`select from pg_locks where locktype = 'advisory' and granted
      and database = (select oid from pg_database where datname = current_database())`)
    return rows.length === 0
  }
  await until(isFree, { deadlineMs: 5_000, what: 'the end of the lock' })
})

test('the ledger is merged without a change to what it says; what is young stays, and so does a hole', async () => {
  const { client, url, remove } = await stage()
  const now = at('2026-01-20T12:00Z')
  const times = ['2026-01-05T10:10Z', '2026-01-05T20:10Z', '2026-01-20T09:10Z', '2026-01-20T11:55Z']
  for (const committedAt of times)
    await addRows(client, { from: '2026-01-04T00:00Z', to: '2026-01-05T10:00Z', rows: 100, committedAt })
  await client.query('delete from ingest_ledger where first_offset = 250')
  await client.query('delete from logs where kafka_offset between 250 and 259')
  const findings = async () =>
    (await verify(url, { sinceMs: null })).checks.map(({ findings }) => findings.length)
  const before = await findings()
  assert.is(before[0], 1)
  const merged = await mergeLedger(client, now)
  assert.is(merged, 19 + 4 + 3)
  assert.equal(await findings(), before)
  const { rows } = await client.query<{ range: string }>(
    `select format('%s-%s', first_offset, next_offset) as range from ingest_ledger order by first_offset limit 4`,
  )
  assert.equal(
    rows.map(({ range }) => range),
    ['0-200', '200-250', '260-300', '300-310'],
  )
  assert.is(await mergeLedger(client, now), 0)
  // What is removed after a merge is counted at the range that it is in now; its minutes are not recounted.
  await remove(now, 15 * 24 * HOUR_MS)
  const isRollups = ({ name }: { name: string }) => name.startsWith('rollups')
  const { checks } = await verify(url, { sinceMs: null })
  assert.equal(
    checks.map(check => (isRollups(check) ? 0 : check.findings.length)),
    before.map((count, index) => (isRollups(checks[index]!) ? 0 : count)),
  )
  assert.is(checks.find(isRollups)?.findings.length, 0)
})

test('what there is is measured by state', async () => {
  const { client, url } = await stage()
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-02T10:00Z', rows: 100 })
  const { emit, all } = recorder()
  const pool = new StorePool({ url, connectTimeoutMs: 5_000 })
  // Another session that keeps old versions alive.
  await client.query('begin isolation level repeatable read')
  await client.query('select count(*) from offsets')
  await measure(pool, emit)
  await client.query('rollback')
  await measure(pool, emit)
  await pool.end()
  const [held, free] = all('store:storage:measured')
  assert.ok(held!.oldestSnapshotMs > 0)
  assert.ok(free!.oldestSnapshotMs < held!.oldestSnapshotMs || free!.oldestSnapshotMs === 0)
  assert.equal(
    held!.tables.map(({ table }) => table),
    ['dead_letters', 'ingest_ledger', 'log_rollup_1m'],
  )
  assert.ok(held!.tables.every(({ bytes }) => bytes > 0))
  const live = held!.states.find(({ state }) => state === 'live')!
  assert.is(live.segments, 2)
  assert.ok(live.tableBytes >= 16_384)
})

test.run()

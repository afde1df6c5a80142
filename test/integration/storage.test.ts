/** Sealing, retention and the merged ledger on a real Postgres, without Kafka; time is what the test says it is. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type pg from 'pg'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { createEvents, type EventName, type Events } from '../../src/events.ts'
import { StorePool } from '../../src/store/connection.ts'
import { measure, storageChores } from '../../src/store/storage/chores.ts'
import { exclusively } from '../../src/store/storage/exclusive.ts'
import type { IndexKind } from '../../src/store/storage/indexes.ts'
import { deleteRollups, mergeLedger } from '../../src/store/storage/ledger.ts'
import { listSegments, type SegmentFacts } from '../../src/store/storage/list.ts'
import { removeDue } from '../../src/store/storage/retention.ts'
import { sealDue } from '../../src/store/storage/seal.ts'
import { watchGrowth } from '../../src/store/storage/watch.ts'
import { verify } from '../../src/store/verify/index.ts'
import { addRows, connect } from '../support/segments.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { uniqueName } from '../support/template.ts'
import { until } from '../support/wait.ts'

const test = suite('storage', { timeoutMs: 30_000 })
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const ALL: readonly IndexKind[] = ['service', 'trace', 'attrs']
const at = (time: string): number => Date.parse(time)

/** Events of one database, by name. */
function recorder() {
  const seen: { name: EventName; event: unknown }[] = []
  const emit = createEvents((name, event) => void seen.push({ name, event }))
  const all = <N extends EventName>(name: N): Events[N][] =>
    seen.filter(one => one.name === name).map(one => one.event as Events[N])
  return { emit, all }
}

async function stage() {
  const url = await database()
  const client = await connect(url)
  const { emit, all } = recorder()
  const signal = new AbortController().signal
  const exclusive = <T>(task: string, work: (own: pg.Client) => Promise<T>) =>
    exclusively({ url, connectTimeoutMs: 5_000, task, signal }, work)
  return {
    url,
    client,
    all,
    seal: (nowMs: number, indexes = ALL) =>
      exclusive('seal', own => sealDue(own, { sealAfterMs: 2 * HOUR_MS, indexes }, nowMs, emit)),
    remove: (nowMs: number, retentionMs: number, maxSizeBytes = 0, isWatched = true) =>
      exclusive('retention', async own => {
        // A minute ago, all was as large as it is now.
        if (isWatched) await watchGrowth(own, nowMs - MINUTE_MS)
        const policy = { retentionMs, maxSizeBytes, sealAfterMs: 2 * HOUR_MS }
        await removeDue(own, policy, nowMs, emit)
      }),
    segments: () => listSegments(async <Row>(sql: string) => (await client.query(sql)).rows as Row[]),
  }
}

async function assertVerified(url: string, sinceMs: number | null = null): Promise<void> {
  const { checks } = await verify(url, { sinceMs })
  assert.equal(
    checks.flatMap(({ findings }) => findings),
    [],
  )
}

const statesOf = (segments: readonly SegmentFacts[]): string[] =>
  segments.map(({ segment, state }) => `${segment} ${state}`)

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
  const policy = { sealAfterMs: HOUR_MS, indexes: ALL }
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

test('a role that does not own the tables is told so', async () => {
  const { client, url } = await stage()
  const role = uniqueName('guest')
  await client.query(`create role ${role} login; grant usage on schema logcollector to ${role}`)
  const guest = new URL(url)
  guest.username = role
  const { emit, all } = recorder()
  const pool = new StorePool({ url, connectTimeoutMs: 5_000 })
  const policy = { sealAfterMs: 0, indexes: [], retentionMs: 1, maxSizeBytes: 0, rollupRetentionMs: 0 }
  const owner = { url: guest.href, connectTimeoutMs: 5_000 }
  const chores = storageChores({ owner, pool, policy, everyMs: 1, emit })
  const { signal } = new AbortController()
  const retention = chores.find(({ name }) => name === 'retention')!
  const error = await retention.run(signal).then(
    () => null,
    (thrown: unknown) => thrown,
  )
  assert.instance(error, PipelineError)
  assert.is((error as PipelineError).code, 'STORAGE_NOT_OWNED')
  // Once is enough.
  await retention.run(signal)
  assert.equal(all('store:segment:removed'), [])
  await pool.end()
  await client.query(`drop owned by ${role}; drop role ${role}`)
})

test('retention by age: detached, counted and dropped, and verify balances before, amid and after', async () => {
  const { all, client, remove, segments, url } = await stage()
  for (const partition of [0, 1])
    await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-04T00:00Z', rows: 3_000, partition })
  await assertVerified(url)
  await remove(at('2026-01-03T12:00Z'), 24 * HOUR_MS)
  assert.equal(statesOf(await segments()), ['logs_20260102 live', 'logs_20260103 live', 'logs_20260104 live'])
  const [removed] = all('store:segment:removed')
  assert.is(removed!.reason, 'age')
  assert.is(removed!.rows, 2_000)
  await assertVerified(url)
  await assertVerified(url, Date.now() - HOUR_MS)
  // A detached one that is not dropped yet is looked at too.
  await client.query('alter table logs detach partition logs_20260102 concurrently')
  await assertVerified(url)
  await client.query('delete from logs_20260102 where kafka_partition = 1 and kafka_offset = 1500')
  const { ok } = await verify(url, { sinceMs: null })
  assert.not(ok)
})

test('a record of a time that was removed gets a segment again, which goes at the next turn', async () => {
  const { all, client, remove, segments, url } = await stage()
  const old = { from: '2026-01-01T00:00Z', to: '2026-01-01T23:00Z' }
  await addRows(client, { ...old, rows: 500 })
  await remove(at('2026-01-03T12:00Z'), 24 * HOUR_MS)
  assert.equal(await segments(), [])
  await addRows(client, { ...old, rows: 20 })
  assert.equal(statesOf(await segments()), ['logs_20260101 live'])
  await assertVerified(url)
  await remove(at('2026-01-03T12:00Z'), 24 * HOUR_MS)
  assert.equal(
    all('store:segment:removed').map(({ rows }) => rows),
    [500, 20],
  )
  await assertVerified(url)
})

test('a segment that grows is not removed before it has been quiet for a minute', async () => {
  const { client, remove, segments } = await stage()
  const old = { from: '2026-01-01T00:00Z', to: '2026-01-01T23:00Z', rows: 1_000 }
  const now = at('2026-01-03T12:00Z')
  await addRows(client, old)
  await remove(now - MINUTE_MS, 24 * HOUR_MS, 0, false)
  await addRows(client, old)
  await remove(now, 24 * HOUR_MS, 0, false)
  await remove(now + MINUTE_MS - 1, 24 * HOUR_MS, 0, false)
  assert.is((await segments()).length, 1)
  await remove(now + MINUTE_MS, 24 * HOUR_MS, 0, false)
  assert.is((await segments()).length, 0)
})

test('by size the oldest go first, and only as many as needed', async () => {
  const { all, client, remove, segments, url } = await stage()
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-05T10:00Z', rows: 20_000 })
  const sizes = (await segments()).map(({ totalBytes }) => totalBytes)
  const total = sizes.reduce((sum, bytes) => sum + bytes, 0)
  const limit = total - sizes[0]! - sizes[1]! + 1
  await remove(at('2026-01-05T12:00Z'), 0, limit)
  assert.equal(
    all('store:segment:removed').map(({ segment, reason }) => `${segment} ${reason}`),
    ['logs_20260101 size', 'logs_20260102 size'],
  )
  assert.is((await segments()).length, 3)
  await assertVerified(url)
})

test('a long reader puts the removal off, and neither it nor a writer is disturbed', async () => {
  const { all, client, remove, segments, url } = await stage()
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-02T10:00Z', rows: 1_000 })
  const reader = await connect(url)
  await reader.query('begin isolation level repeatable read')
  await reader.query('select count(*) from logs')
  const now = at('2026-01-04T00:00Z')
  const started = performance.now()
  const removing = remove(now, 24 * HOUR_MS)
  await until(async () => (await segments())[0]!.state === 'detaching', {
    deadlineMs: 5_000,
    what: 'the detach',
  })
  // New rows, and a new segment, while the detach waits.
  const before = performance.now()
  await addRows(client, { from: '2026-01-02T11:00Z', to: '2026-01-03T01:00Z', rows: 100 })
  assert.ok(performance.now() - before < 1_000, 'a writer waited for the detach')
  // Rows of the time that goes cannot be stored now; the writer tries again.
  await assertRejects(client.query(`select ensure_segment('2026-01-01', 24)`), '55P03')
  await removing
  assert.ok(performance.now() - started < 9_000)
  assert.equal(
    all('store:removal:postponed').map(({ step }) => step),
    ['detach'],
  )
  const { rows } = await reader.query<{ count: string }>('select count(*) from logs')
  assert.is(Number(rows[0]!.count), 1_000)
  await assertVerified(url)
  await remove(now, 24 * HOUR_MS)
  assert.is((await segments())[0]!.state, 'detaching')
  await reader.query('commit')
  await remove(now, 24 * HOUR_MS)
  assert.is(all('store:segment:removed').length, 2)
  assert.equal(statesOf(await segments()), ['logs_20260103 live'])
  await assertVerified(url)
})

async function assertRejects(promise: Promise<unknown>, sqlstate: string): Promise<void> {
  const error = await promise.then(
    () => null,
    (thrown: { code?: string }) => thrown,
  )
  assert.is(error?.code, sqlstate)
}

test('a detached table that somebody reads is dropped later', async () => {
  const { all, client, remove, segments, url } = await stage()
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-01T10:00Z', rows: 100 })
  await client.query('alter table logs detach partition logs_20260101 concurrently')
  await client.query(`update segments set state = 'detaching', removal = 'age'`)
  const reader = await connect(url)
  await reader.query('begin; select 1 from logs_20260101')
  await remove(at('2026-01-03T00:00Z'), 24 * HOUR_MS)
  assert.equal(
    all('store:removal:postponed').map(({ step }) => step),
    ['drop'],
  )
  assert.equal(statesOf(await segments()), ['logs_20260101 detached'])
  // Its name is taken: a late record gets another one.
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-01T10:00Z', rows: 10 })
  assert.equal(statesOf(await segments()), ['logs_20260101 detached', 'logs_20260101_2 live'])
  await assertVerified(url)
  await reader.query('commit')
  await remove(at('2026-01-03T00:00Z'), 24 * HOUR_MS)
  assert.equal(await segments(), [])
  await assertVerified(url)
})

test('hour segments; a width that was changed fills only what is missing', async () => {
  const { client, remove, segments, url } = await stage()
  await addRows(client, { from: '2026-01-01T05:00Z', to: '2026-01-01T07:30Z', rows: 300, width: 'hour' })
  assert.equal(
    (await segments()).map(({ segment }) => segment),
    ['logs_20260101_05', 'logs_20260101_06', 'logs_20260101_07'],
  )
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-01T23:59Z', rows: 240 })
  const hours = (await segments()).map(({ fromMs, toMs }) => (toMs - fromMs) / HOUR_MS)
  assert.equal(hours, [5, 1, 1, 1, 16])
  await remove(at('2026-01-01T12:00Z'), 5 * HOUR_MS)
  assert.equal(
    (await segments()).map(({ segment }) => segment),
    ['logs_20260101_07', 'logs_20260101_2'],
  )
  await assertVerified(url)
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
  assert.equal(await findings(), [...before.slice(0, -1), 0])
})

test('rollups go when they are too old, and not before their rows', async () => {
  const { client, remove, url } = await stage()
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-02T10:00Z', rows: 1_000 })
  const policy = { rollupRetentionMs: HOUR_MS }
  const now = at('2026-01-20T00:00Z')
  assert.is(await deleteRollups(client, { rollupRetentionMs: 0 }, now), 0)
  assert.is(await deleteRollups(client, policy, now), 0)
  await remove(at('2026-01-03T00:00Z'), 24 * HOUR_MS)
  assert.ok((await deleteRollups(client, policy, now)) > 0)
  const { rows } = await client.query<{ oldest: Date }>('select min(bucket) as oldest from log_rollup_1m')
  assert.match(rows[0]!.oldest.toISOString(), /^2026-01-02T00/)
  await assertVerified(url)
})

test('what there is is measured by state', async () => {
  const { client, url } = await stage()
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-02T10:00Z', rows: 100 })
  const { emit, all } = recorder()
  const pool = new StorePool({ url, connectTimeoutMs: 5_000 })
  await measure(pool, emit)
  await pool.end()
  const live = all('store:storage:measured')[0]!.states.find(({ state }) => state === 'live')!
  assert.is(live.segments, 2)
  assert.ok(live.tableBytes >= 16_384)
})

test.run()

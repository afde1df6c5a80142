/** Retention by age and size, and who is in its way, on a real Postgres without Kafka. */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { StorePool } from '../../src/store/connection.ts'
import { storageChores } from '../../src/store/storage/chores.ts'
import { deleteRollups } from '../../src/store/storage/ledger.ts'
import { verify } from '../../src/store/verify/index.ts'
import { addRows, connect } from '../support/segments.ts'
import { suite } from '../support/suite.ts'
import { uniqueName } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { assertVerified, at, HOUR_MS, MINUTE_MS, recorder, stage, statesOf } from './storage-stage.ts'

const test = suite('retention', { timeoutMs: 30_000 })

test('a role that does not own the tables is told so', async () => {
  const { client, url } = await stage()
  const role = uniqueName('guest')
  await client.query(`create role ${role} login; grant usage on schema logcollector to ${role}`)
  const guest = new URL(url)
  guest.username = role
  const { emit, all } = recorder()
  const pool = new StorePool({ url, connectTimeoutMs: 5_000 })
  const policy = {
    sealAfterMs: 0,
    indexes: [],
    textIndex: 'off' as const,
    retentionMs: 1,
    maxSizeBytes: 0,
    rollupRetentionMs: 0,
  }
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

test('what was detached by hand is kept, what was dropped by hand is in nobody’s way', async () => {
  const { all, client, remove, segments } = await stage()
  await addRows(client, { from: '2026-01-01T00:00Z', to: '2026-01-04T00:00Z', rows: 3_000 })
  await client.query('alter table logs detach partition logs_20260101; drop table logs_20260102')
  // Detached by us, and dropped by somebody else meanwhile.
  await client.query(`alter table logs detach partition logs_20260103;
    update segments set state = 'detached', removal = 'age' where segment = 'logs_20260103'; drop table logs_20260103`)
  await remove(at('2026-02-01T00:00Z'), 24 * HOUR_MS)
  const { rows } = await client.query('select count(*)::integer as rows from logs_20260101')
  assert.is(rows[0].rows, 1_000)
  assert.equal(
    all('store:segment:removed').map(({ segment }) => segment),
    ['logs_20260104'],
  )
  assert.equal(await segments(), [])
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

async function assertRejects(promise: Promise<unknown>, sqlstate: string): Promise<void> {
  const error = await promise.then(
    () => null,
    (thrown: { code?: string }) => thrown,
  )
  assert.is(error?.code, sqlstate)
}

test.run()

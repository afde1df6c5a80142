/** Who may ask and how often: keys, scopes, rates, busy pools, clients that leave (real Postgres). */
import { once } from 'node:events'
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { cli } from '../support/cli.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { type ApiFixture, apiWith, codeOf } from './api-fixture.ts'

const test = suite('integration/api-access', { timeoutMs: 15_000 })
const DAY = 'from=2026-01-15&to=2026-01-16'

let open: ApiFixture
let keyed: ApiFixture
test.before(async () => {
  open = await apiWith(2_000)
  keyed = await apiWith(10, { 'http.api.auth': 'keys', 'http.api.rate_limit': '5' })
})

async function createKey(scope: string): Promise<{ id: string; key: string }> {
  const { out } = await cli(
    'keys',
    'create',
    '--name',
    'test',
    '--scope',
    scope,
    '--json',
    '--set',
    `postgres.url=${keyed.url}`,
  )
  return JSON.parse(out) as { id: string; key: string }
}
const bearer = (key: string) => ({ authorization: `Bearer ${key}` })

test('without keys only this machine is answered, by its name, and no page of another site', async () => {
  const refused: readonly (readonly [Record<string, string>, string])[] = [
    [{ host: 'logs.example.com' }, 'a name that points here'],
    [{ 'x-forwarded-for': '203.0.113.9' }, 'a proxy'],
    [{ 'x-real-ip': '203.0.113.9' }, 'another proxy'],
    [{ via: '1.1 proxy' }, 'a third'],
    [{ origin: 'https://evil.example' }, 'a page'],
  ]
  for (const [headers, what] of refused) {
    const answer = await open.get('services', headers)
    assert.equal([answer.statusCode, codeOf(answer)], [403, 'API_NOT_FROM_HERE'], what)
  }
  assert.is((await open.get('services', { origin: 'http://localhost' })).statusCode, 200)
})

test('keys: created once, kept as a hash, checked by scope, revoked', async () => {
  const { id, key } = await createKey('read')
  const [stored] = await keyed.observer.query<{ hash: Buffer; scopes: string[] }>(
    'select hash, scopes from api_keys where id = $1',
    [id],
  )
  assert.equal(stored!.scopes, ['read'])
  assert.not.match(stored!.hash.toString('latin1'), key.slice(-43))

  const none = await keyed.get('services')
  assert.equal([none.statusCode, codeOf(none)], [401, 'API_KEY_INVALID'])
  assert.match(String(none.headers['www-authenticate']), 'Bearer')
  const accepted = () => keyed.get('stats', bearer(key))
  await until(async () => (await accepted()).statusCode === 200, {
    deadlineMs: 5000,
    everyMs: 600,
    what: 'the new key counts',
  })
  const almost = `${key.slice(0, -2)}${key.endsWith('A') ? 'BB' : 'AA'}`
  assert.is((await keyed.get('stats', bearer(almost))).statusCode, 401)
  assert.is((await keyed.get('stats', { 'x-api-key': key })).statusCode, 200)

  const forbidden = await keyed.server.inject({
    method: 'POST',
    url: '/api/v1/dead-letters/replay',
    headers: bearer(key),
    payload: {},
  })
  assert.equal([forbidden.statusCode, codeOf(forbidden)], [403, 'API_SCOPE_MISSING'])
  assert.is(codeOf(await keyed.get('stats?explain', bearer(key))), 'API_SCOPE_MISSING')

  const list = await cli('keys', 'list', '--set', `postgres.url=${keyed.url}`)
  assert.match(list.out, id)
  assert.not.match(list.out, key.slice(-43))
  assert.is((await cli('keys', 'revoke', '--id', id, '--set', `postgres.url=${keyed.url}`)).code, 0)
  await until(async () => (await accepted()).statusCode === 401, {
    deadlineMs: 5000,
    everyMs: 200,
    what: 'the revoked key is refused',
  })
  const again = await cli('keys', 'revoke', '--id', id, '--set', `postgres.url=${keyed.url}`)
  assert.is(again.code, 3)
})

test('each key has a rate of its own', async () => {
  const [one, other] = [await createKey('admin'), await createKey('read')]
  await until(async () => (await keyed.get('stats', bearer(other.key))).statusCode === 200, {
    deadlineMs: 5000,
    everyMs: 100,
    what: 'the keys count',
  })
  const codes: number[] = []
  for (let index = 0; index < 6; index++) codes.push((await keyed.get('stats', bearer(one.key))).statusCode)
  assert.equal(codes, [200, 200, 200, 200, 200, 429])
  const refused = await keyed.get('stats', bearer(one.key))
  assert.is(codeOf(refused), 'API_RATE_EXCEEDED')
  assert.ok(Number(refused.headers['retry-after']) > 0)
  assert.is((await keyed.get('stats', bearer(other.key))).statusCode, 200)
})

test('pages of an origin that is set may read; of others not', async () => {
  const cors = await apiWith(0, { 'http.api.cors_origins': 'https://logs.example.com' })
  const answer = await cors.get('services', { origin: 'https://logs.example.com' })
  assert.equal(
    [answer.statusCode, answer.headers['access-control-allow-origin']],
    [200, 'https://logs.example.com'],
  )
  const preflight = await cors.server.inject({
    method: 'OPTIONS',
    url: '/api/v1/services',
    headers: { origin: 'https://logs.example.com', 'access-control-request-method': 'GET' },
  })
  assert.is(preflight.statusCode, 204)
  assert.is(
    (await cors.get('services', { origin: 'https://x.example' })).headers['access-control-allow-origin'],
    undefined,
  )
})

/** Backends that run a statement of the API now. */
const running = async (api: ApiFixture): Promise<number> => {
  const rows = await api.observer.query(
    `select 1 from pg_stat_activity where application_name = 'logcollector api' and state <> 'idle' and datname = current_database()`,
  )
  return rows.length
}

/** Whoever holds this keeps every read of the rollups waiting. */
async function holdRollups(api: ApiFixture): Promise<() => Promise<unknown>> {
  await api.observer.query('begin')
  await api.observer.query('lock table log_rollup_1m in access exclusive mode')
  return () => api.observer.query('rollback')
}

test('a query is cancelled when its client leaves, at its time-out, and refused when too many wait', async () => {
  const api = await apiWith(10, {
    'http.api.connections': '1',
    'http.api.queue': '0',
    'http.api.statement_timeout': '2500ms',
  })
  await api.server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.server.server.address() as AddressInfo
  const release = await holdRollups(api)
  const watcher = await apiWith(0)
  const busy = async () =>
    (
      await watcher.observer.query(
        `select 1 from pg_stat_activity where application_name = 'logcollector api' and wait_event_type = 'Lock' and datname = $1`,
        [new URL(api.url).pathname.slice(1)],
      )
    ).length

  const client = request({ host: '127.0.0.1', port, path: '/api/v1/services' })
  client.on('error', () => undefined)
  client.end()
  await until(async () => (await busy()) === 1, { deadlineMs: 3000, what: 'the query runs' })
  // Another question: who asks the same shares the answer.
  const refused = await api.get('services?since=2h')
  assert.equal([refused.statusCode, codeOf(refused)], [503, 'API_BUSY'])
  assert.is(refused.headers['retry-after'], '1')
  const begin = performance.now()
  client.destroy()
  await until(async () => (await busy()) === 0, { deadlineMs: 3000, what: 'the query is cancelled' })
  const tookMs = performance.now() - begin

  const late = await api.get('services')
  assert.equal([late.statusCode, codeOf(late)], [504, 'QUERY_TIMEOUT'])
  assert.ok(tookMs < 2000, `cancelled, not timed out: ${tookMs} ms`)
  await release()
  assert.is((await api.get('services')).statusCode, 200)
})

test('an export whose reader leaves gives its connection back', async () => {
  const api = await apiWith(50_000, { 'http.api.connections': '1', 'http.api.queue': '0' })
  await api.server.listen({ host: '127.0.0.1', port: 0 })
  const { port } = api.server.server.address() as AddressInfo
  const client = request({ host: '127.0.0.1', port, path: `/api/v1/export?${DAY}` })
  client.end()
  const [response] = (await once(client, 'response')) as [import('node:http').IncomingMessage]
  await once(response, 'readable')
  // Nobody reads on: the export stands still and keeps its connection.
  assert.is(codeOf(await api.get('services')), 'API_BUSY')
  response.on('error', () => undefined)
  client.destroy()
  await until(async () => (await api.get('services')).statusCode === 200, {
    deadlineMs: 5000,
    what: 'the connection is free',
  })
  await until(async () => (await running(api)) === 0, { deadlineMs: 5000, what: 'nothing runs on' })
})

test('while Postgres is away it says so', async () => {
  const api = await apiWith(0, { 'http.api.postgres_url': 'postgres://postgres@127.0.0.1:1/none' })
  const answer = await api.get('services')
  assert.equal([answer.statusCode, codeOf(answer)], [503, 'POSTGRES_UNAVAILABLE'])
})

test('who writes through the connection of the API is refused by Postgres', async () => {
  const { queries } = open.api.deps
  assert.ok(queries)
  const { ReadPool } = await import('../../src/query/read-pool.ts')
  const pool = new ReadPool({
    url: open.url,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 5000,
    connections: 1,
    queue: 0,
  })
  const error = await pool
    .use('write', new AbortController().signal, db => db.rows('write', 'delete from logs', []))
    .catch((thrown: unknown) => thrown)
  assert.match(String(error), 'read-only transaction')
  await pool.end()
})

test.run()

/**
 * What an answer may cost, whoever asks: bytes of a page, of a facet and of a read of the tail; connections of those
 * who left; keys that were revoked (src/query, src/http/api, src/postgres/pool.ts).
 */
import { request } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import * as assert from 'uvu/assert'
import { buildServer } from '../../src/http/server.ts'
import type { Asking, FacetAnswer, LogRecord, RecordAnswer, SearchAnswer } from '../../src/query/contract.ts'
import { ReadPool } from '../../src/query/read-pool.ts'
import { matchesIn } from '../../src/query/tail/news.ts'
import { cli } from '../support/cli.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'
import { type ApiFixture, apiWith, codeOf, numberOf, TOPIC } from './api-fixture.ts'
import { followTail } from './tail-client.ts'

const test = suite('integration/api-bounds', { timeoutMs: 20_000 })
const DAY = 'from=2026-01-15&to=2026-01-16'
const MIB = 2 ** 20
const LARGE = 30

let api: ApiFixture
test.before(async () => {
  api = await apiWith(0)
  // A mebibyte of message each, all of one moment; then many of 8,000 characters with attributes that compress well.
  await execute(
    api.url,
    `set search_path = logcollector, pg_catalog;
     insert into topics (cluster_id, group_id, topic) values ('cluster', 'logcollector', '${TOPIC}');
     insert into offsets (topic_id, kafka_partition, start_offset, next_offset) values (1, 0, 0, 0);
     select ensure_segment('2026-01-15T00:00:00Z', 24);
     insert into logs select '2026-01-15T10:00:00Z', 9, 's', null, null, null, n || repeat('x', ${MIB}),
       jsonb_build_object('n', n, 'unlike', n || repeat('y', 5000)), 1, 0, n from generate_series(0, ${LARGE - 1}) n;
     insert into logs select '2026-01-15T11:00:00Z', 9, 's', null, null, null, n || repeat('z', 8000),
       jsonb_build_object('n', n, 'long', repeat('a', 100000)), 1, 0, n from generate_series(1000, 1399) n;
     insert into log_rollup_1m values ('2026-01-15T10:00:00Z', 's', 9, 1, 0, ${LARGE}, 1),
       ('2026-01-15T11:00:00Z', 's', 9, 1, 0, 400, 1);
     insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts, max_ts)
       values (1, 0, 0, ${LARGE}, ${LARGE}, 0, 0, 1, '2026-01-15T10:00:00Z', '2026-01-15T10:00:00Z')`,
  )
})

const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index)

for (const order of ['asc', 'desc'])
  test(`a page of large records is short, and the next goes on behind it: ${order}`, async () => {
    const query = `logs?from=2026-01-15T10:00&to=2026-01-15T10:01&limit=1000&order=${order}`
    const pages: SearchAnswer[] = []
    for (let cursor: string | null = ''; cursor !== null; cursor = pages.at(-1)!.next) {
      const { body, statusCode } = await api.get(`${query}${cursor === '' ? '' : `&cursor=${cursor}`}`)
      assert.is(statusCode, 200)
      assert.ok(body.length < 6 * MIB, `${body.length} bytes`)
      pages.push(JSON.parse(body))
    }
    const found = pages.flatMap(({ records }) => records.map(numberOf))
    assert.equal(order === 'asc' ? found : found.reverse(), upTo(LARGE))
    assert.ok(pages.length >= 4)
    assert.is(pages[0]!.complete, false)
    const back = await api.json<SearchAnswer>(`${query}&cursor=${pages[1]!.prev}`)
    assert.equal(back.records.map(numberOf), pages[0]!.records.map(numberOf))
  })

test('neighbours of a large record are as many as fit', async () => {
  const answer = await api.json<RecordAnswer>(`logs/${TOPIC}/0/15?neighbours=100`)
  const offsets = (records: readonly LogRecord[]) => records.map(({ offset }) => offset)
  assert.equal(offsets(answer.before), [13, 14])
  assert.equal(offsets(answer.after), [16, 17])
})

test('values of a facet are counted by their beginning', async () => {
  const { values } = await api.json<FacetAnswer>(
    'facets?field=attr.unlike&from=2026-01-15T10:00&to=2026-01-15T10:30',
  )
  assert.is(values.length, 10)
  assert.ok(values.every(({ value }) => value!.length === 256))
})

const poolOf = (connections: number, queue: number): ReadPool => {
  const pool = new ReadPool({
    url: api.url,
    connectTimeoutMs: 5000,
    statementTimeoutMs: 5000,
    connections,
    queue,
  })
  cleanUp(() => pool.end())
  return pool
}

test('a read of the tail is bounded in bytes, and attributes are cut by their text', async () => {
  const range = { topicId: 1, partition: 0, first: 1000, next: 1400, records: 400 }
  const ts = '2026-01-15 11:00:00+00'
  const found = await poolOf(1, 0).use('test', new AbortController().signal, db =>
    matchesIn(db, [{ ...range, minTs: ts, maxTs: ts }], [{}], 500),
  )
  assert.is(found.isWhole, false)
  assert.ok(found.matches.length > 100 && found.matches.length < 300)
  const text = JSON.stringify(found.matches)
  assert.ok(text.length < 3 * MIB)
  assert.equal(found.matches[0]!.record.attrs, { truncated: true })
})

test('who leaves the queue for a connection leaves its place to others', async () => {
  const pool = poolOf(1, 1)
  const forever = new AbortController().signal
  const lease = await pool.lease('first', forever)
  const leaving = new AbortController()
  const gone = pool.lease('second', leaving.signal).catch((error: { code: string }) => error.code)
  const busy = await pool.lease('third', forever).catch((error: { code: string }) => error.code)
  assert.is(busy, 'API_BUSY')
  leaving.abort()
  assert.is(await gone, 'QUERY_CANCELLED')
  const next = pool.lease('fourth', forever)
  await lease.end(false)
  await (await next).end(false)
})

test('a revoked key ends although its owner keeps every connection busy', async () => {
  const settings = { 'http.api.auth': 'keys', 'http.api.connections': '1', 'http.api.queue': '0' }
  const keyed = await apiWith(10, settings)
  const database = ['--set', `postgres.url=${keyed.url}`]
  const made = await cli('keys', 'create', '--name', 't', '--scope', 'read', '--json', ...database)
  const { id, key } = JSON.parse(made.out) as { id: string; key: string }
  const headers = { authorization: `Bearer ${key}` }
  await until(async () => (await keyed.get('gaps', headers)).statusCode === 200, {
    deadlineMs: 5000,
    everyMs: 100,
    what: 'the key counts',
  })
  await keyed.observer.query('begin')
  await keyed.observer.query('lock table log_rollup_1m in access exclusive mode')
  const held = keyed.get('services', headers)
  await until(async () => codeOf(await keyed.get('stats', headers)) === 'API_BUSY', {
    deadlineMs: 5000,
    what: 'nothing is left',
  })
  await cli('keys', 'revoke', '--id', id, ...database)
  await until(async () => (await keyed.get('stats', headers)).statusCode === 401, {
    deadlineMs: 8000,
    everyMs: 100,
    what: 'the key is refused',
  })
  await keyed.observer.query('rollback')
  await held
})

test('who has shown no key is not told where Postgres is', async () => {
  const away = { 'http.api.auth': 'keys', 'http.api.postgres_url': 'postgres://secret@127.0.0.1:1/none' }
  const keyed = await apiWith(0, away)
  const key = `lc_${'a'.repeat(12)}_${'b'.repeat(43)}`
  const answer = await keyed.get('stats', { authorization: `Bearer ${key}` })
  assert.equal([answer.statusCode, codeOf(answer)], [503, 'POSTGRES_UNAVAILABLE'])
  assert.not.match(answer.body, /127\.0\.0\.1|secret|none/)
})

/** A server that answers by these parts instead of those of the fixture, on a port. */
async function serverWith(parts: object): Promise<{ server: FastifyInstance; port: number }> {
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    metrics: { contentType: 'text/plain', render: async () => '' },
    debug: null,
    api: { ...api.api.deps, ...parts },
  })
  cleanUp(() => server.close())
  await server.listen({ host: '127.0.0.1', port: 0 })
  return { server, port: (server.server.address() as AddressInfo).port }
}

const ask = (port: number, path: string, headers: Record<string, string> = {}) => {
  const client = request({ host: '127.0.0.1', port, path, headers })
  client.on('error', () => undefined)
  client.end()
  return client
}

test('an export whose reader leaves before its first byte gives its connection back', async () => {
  let state = 'not begun'
  let proceed = (): void => undefined
  const left = new Promise<void>(resolve => {
    proceed = resolve
  })
  async function* records(): AsyncGenerator<readonly LogRecord[]> {
    try {
      state = 'reading'
      await left
      yield []
      yield []
    } finally {
      state = 'given back'
    }
  }
  let signal: AbortSignal | undefined
  const queries = {
    ...api.api.deps.queries,
    records: (_range: unknown, _filter: unknown, given: AbortSignal) => {
      signal = given
      return records()
    },
  }
  const { port } = await serverWith({ queries })
  const client = ask(port, `/api/v1/export?${DAY}`)
  await until(() => state === 'reading', { deadlineMs: 5000, what: 'the export' })
  client.destroy()
  await until(() => signal?.aborted, { deadlineMs: 5000, what: 'the server notices' })
  proceed()
  await until(() => state === 'given back', { deadlineMs: 5000, what: 'the end of the export' })
})

test('a question whose asker left while its key was looked at is not asked', async () => {
  let open: () => void = () => undefined
  const gate = new Promise<void>(resolve => {
    open = resolve
  })
  let looking = false
  let asking: Asking | null = null
  const access = {
    find: async () => {
      looking = true
      await gate
      const { createHash } = await import('node:crypto')
      const hash = createHash('sha256').update('b'.repeat(43)).digest()
      return { id: 'a'.repeat(12), hash, scopes: ['read'] }
    },
  }
  const queries = {
    ...api.api.deps.queries,
    gaps: async (_limit: number, given: Asking) => {
      asking = given
      return { gaps: [] }
    },
  }
  const { port, server } = await serverWith({ queries, access })
  const key = `lc_${'a'.repeat(12)}_${'b'.repeat(43)}`
  const client = ask(port, '/api/v1/gaps', { authorization: `Bearer ${key}` })
  await until(() => looking, { deadlineMs: 5000, what: 'the look at the key' })
  client.destroy()
  const connections = () =>
    new Promise<number>(resolve => server.server.getConnections((_error, count) => resolve(count)))
  await until(async () => (await connections()) === 0, { deadlineMs: 5000, what: 'the server notices' })
  open()
  await until(() => asking, { deadlineMs: 5000, what: 'the handler' })
  assert.ok((asking as unknown as Asking).signal.aborted)
})

test('a topic may have the longest name that Kafka has; HEAD follows nothing and exports nothing', async () => {
  const missing = await api.get(`logs/${'t'.repeat(249)}/0/1`)
  assert.equal([missing.statusCode, codeOf(missing)], [404, 'RECORD_NOT_FOUND'])
  for (const path of ['tail', `export?${DAY}`]) {
    const answer = await api.server.inject({
      method: 'HEAD',
      url: `/api/v1/${path}`,
      headers: { host: 'localhost' },
    })
    assert.is(answer.statusCode, 404, path)
  }
})

test('positions that no tail has sent are refused before they reach a read of others', async () => {
  for (const id of ['99999.0.1', '1.9999999999.1', '01.0.1', '1.00.1', '1.0.zzzzzzzzzzz', '1.0', '1.0.1_'])
    assert.is(codeOf(await api.get(`tail?last_event_id=${id}`)), 'HTTP_REQUEST_INVALID', id)
})

test('a position of very many partitions comes back by the header that browsers send', async () => {
  const base = await api.server.listen({ host: '127.0.0.1', port: 0 })
  const partitions = Array.from({ length: 4000 }, (_, partition) => `1.${partition}.zzzzz`)
  const client = await followTail(base, '', ['2.0.1', ...partitions].join('_'))
  assert.match(client.lastId()!, '1.3999.zzzzz')
  client.close()
})

test.run()

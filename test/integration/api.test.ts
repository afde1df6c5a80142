/** Questions to /api/v1 over real rows: filters, pages both ways, neighbours, counts, export (src/query, src/http/api). */
import * as assert from 'uvu/assert'
import type {
  AnomaliesAnswer,
  Explained,
  FacetAnswer,
  HistogramAnswer,
  RecordAnswer,
  SearchAnswer,
  ServicesAnswer,
  StatsAnswer,
} from '../../src/query/contract.ts'
import { suite } from '../support/suite.ts'
import { type ApiFixture, apiWith, numberOf, TOPIC } from './api-fixture.ts'

const test = suite('integration/api', { timeoutMs: 15_000 })
const RECORDS = 6_000
const FROM = 'from=2026-01-15T10:00:00Z'
const DAY = 'from=2026-01-15&to=2026-01-16'

let api: ApiFixture
test.before(async () => {
  api = await apiWith(RECORDS)
})

const search = (query: string) => api.json<SearchAnswer>(`logs?${query}`)
const numbers = async (query: string): Promise<number[]> => (await search(query)).records.map(numberOf)
/** The records that should be found, newest first. */
const expected = (fits: (n: number) => boolean, limit = 100): number[] =>
  Array.from({ length: RECORDS }, (_, n) => RECORDS - 1 - n)
    .filter(fits)
    .slice(0, limit)

test('the newest come first, whole, with every digit of their time', async () => {
  const { records, complete, next } = await search('limit=2')
  assert.equal(records.map(numberOf), [5999, 5998])
  assert.equal(records[0], {
    ts: '2026-01-15T11:39:59.000123Z',
    severity: 9,
    severity_text: 'info',
    service: null,
    host: 'host-3',
    trace_id: 'trace-599',
    span_id: null,
    message: 'message number 5999',
    attrs: { n: 5999, ok: false, user: { id: 'u2' }, 'http.status': 500 },
    topic: TOPIC,
    partition: 1,
    offset: 2999,
  })
  assert.ok(complete)
  assert.ok(next)
})

const filters: readonly (readonly [string, (n: number) => boolean])[] = [
  ['service=checkout', n => n % 7 !== 0 && n % 3 === 0],
  ['service=', n => n % 7 === 0],
  ['service=checkout&service=', n => n % 7 === 0 || n % 3 === 0],
  ['severity=error', n => n % 10 === 0],
  ['severity=13', n => n % 5 === 0 && n % 10 !== 0],
  ['min_severity=warn', n => n % 5 === 0],
  ['host=host-3', n => n % 4 === 3],
  ['trace_id=trace-7', n => n >= 70 && n < 80],
  ['q=NUMBER%2012', n => String(n).startsWith('12')],
  ['q=100%25_DONE', n => n % 100 === 0],
  ['attr.n=17', n => n === 17],
  ['attr.http.status=200', n => n % 2 === 0],
  ['attr.user.id=u1', n => n % 3 === 1],
  ['attr.ok=true&attr.user.id=u1', n => n % 2 === 0 && n % 3 === 1],
  ['min_severity=error&host=host-2&q=number', n => n % 10 === 0 && n % 4 === 2],
  [`topic=${TOPIC}&severity=error`, n => n % 10 === 0],
  ['topic=another', () => false],
  ['service=nobody', () => false],
]
for (const [query, fits] of filters)
  test(`${query} finds what fits`, async () => assert.equal(await numbers(query), expected(fits)))

test('a time is from inclusive to exclusive', async () => {
  const query = 'from=2026-01-15T10:00:05.000123Z&to=2026-01-15T10:00:07.000123Z'
  assert.equal(await numbers(query), [6, 5])
  assert.equal(await numbers(`${query}&order=asc`), [5, 6])
  assert.equal(await numbers('from=1768471205000&to=1768471206000'), [5])
})

const pageFilters: readonly (readonly [string, number, (n: number) => boolean])[] = [
  ['', 1000, () => true],
  ['&host=host-1', 400, n => n % 4 === 1],
  ['&severity=error', 170, n => n % 10 === 0],
]
for (const order of ['desc', 'asc'])
  for (const [filter, limit, fits] of pageFilters)
    test(`pages in order ${order}${filter} hold each record once, forth and back`, async () => {
      const query = `${DAY}&limit=${limit}&order=${order}${filter}`
      const all = expected(fits, RECORDS)
      if (order === 'asc') all.reverse()
      const pages = [await search(query)]
      for (let { next } = pages[0]!; next !== null; next = pages.at(-1)!.next)
        pages.push(await search(`${query}&cursor=${next}`))
      assert.equal(
        pages.flatMap(({ records }) => records.map(numberOf)),
        all,
      )
      for (let index = pages.length - 1; index > 0; index--) {
        const back = await search(`${query}&cursor=${pages[index]!.prev}`)
        assert.equal(back.records, pages[index - 1]!.records)
        const again = await search(`${query}&cursor=${back.next}`)
        assert.equal(again.records, pages[index]!.records)
      }
    })

test('what arrives later is found behind prev', async () => {
  const { prev } = await search(`${DAY}&limit=1`)
  assert.equal(await numbers(`${DAY}&cursor=${prev}`), [])
  await api.observer.query(
    `insert into logs values ('2026-01-15T23:00:00Z', 9, null, null, null, null, 'late', '{"n":-1}', 1, 0, 9000)`,
  )
  await api.observer.query(`insert into log_rollup_1m values ('2026-01-15T23:00:00Z', '', 9, 1, 0, 1, 1)`)
  assert.equal(await numbers(`${DAY}&cursor=${prev}`), [-1])
  await api.observer.query('delete from logs where kafka_offset = 9000')
  await api.observer.query(`delete from log_rollup_1m where bucket = '2026-01-15T23:00:00Z'`)
})

test('a record is found by its place, with its neighbours', async () => {
  const { record, before, after } = await api.json<RecordAnswer>(`logs/${TOPIC}/1/150?neighbours=2`)
  assert.equal(
    [...before, record, ...after].map(({ partition, offset }) => [partition, offset]),
    [
      [1, 148],
      [1, 149],
      [1, 150],
      [1, 151],
      [1, 152],
    ],
  )
  const first = await api.json<RecordAnswer>(`logs/${TOPIC}/0/0`)
  assert.equal([first.before.length, numberOf(first.record), first.after.length], [0, 0, 5])
})

test('a record that is not there is 404', async () => {
  for (const place of [`${TOPIC}/1/999999`, `${TOPIC}/7/1`, 'nothing/0/1']) {
    const answer = await api.get(`logs/${place}`)
    assert.is(answer.statusCode, 404)
    assert.is(answer.json<{ error: { code: string } }>().error.code, 'RECORD_NOT_FOUND')
  }
})

test('the histogram counts every minute, by group too', async () => {
  const { points, interval_seconds } = await api.json<HistogramAnswer>(
    `histogram?${FROM}&to=2026-01-15T12:00:00Z&by=severity`,
  )
  assert.is(interval_seconds, 60)
  assert.is(points.length, 120)
  assert.equal(points[0], {
    ts: '2026-01-15T10:00:00.000000Z',
    records: 60,
    bytes: 6000,
    groups: { error: 6, info: 48, warn: 6 },
  })
  assert.is(
    points.reduce((sum, { records }) => sum + records, 0),
    RECORDS,
  )
  assert.is(points[110]!.records, 0)
  const hours = await api.json<HistogramAnswer>(`histogram?${DAY}&interval=1h&by=service&severity=error`)
  assert.equal([hours.points.length, hours.points[10]!.records], [24, 360])
  assert.equal(Object.keys(hours.points[10]!.groups!).sort(), ['', 'checkout', 'search'])
})

test('facets of service and severity are exact, others are a sample that says so', async () => {
  const exact = await api.json<FacetAnswer>(`facets?${DAY}&field=severity`)
  assert.equal(exact.values, [
    { value: 'info', records: 4800 },
    { value: 'warn', records: 600 },
    { value: 'error', records: 600 },
  ])
  assert.is(exact.sample, null)
  const sampled = await api.json<FacetAnswer>(`facets?${DAY}&field=attr.user.id&min_severity=error&limit=2`)
  assert.equal(
    sampled.values.map(({ records }) => records),
    [200, 200],
  )
  assert.is(sampled.sample!.records, 600)
  const dotted = await api.json<FacetAnswer>(`facets?${DAY}&field=attr.http.status`)
  const counts = Object.fromEntries(dotted.values.map(({ value, records }) => [value, records]))
  assert.equal(counts, { 200: 3000, 500: 3000 })
})

test('services, stats and gaps', async () => {
  const { services } = await api.json<ServicesAnswer>(`services?${DAY}`)
  assert.equal(
    services.map(({ service }) => service),
    ['search', 'checkout', ''],
  )
  assert.is(
    services.reduce((sum, { errors }) => sum + errors, 0),
    600,
  )
  const stats = await api.json<StatsAnswer>('stats')
  assert.is(stats.offsets_passed, RECORDS)
  assert.is(stats.last_hour.stored, RECORDS)
  assert.ok(stats.segments.bytes > 0)
  assert.equal(await api.json('gaps'), { gaps: [] })
  const at = '2026-01-16T00:00:00.000001Z'
  await api.observer.query(`insert into offset_gaps values (1, 1, 5, 8, 'deleted by retention', '${at}')`)
  const gap = {
    topic: TOPIC,
    partition: 1,
    first_offset: 5,
    next_offset: 8,
    records: 3,
    reason: 'deleted by retention',
    at,
  }
  assert.equal(await api.json('gaps'), { gaps: [gap] })
})

test('the lag is known without Kafka as far as Postgres knows it', async () => {
  const { source, partitions, notes } = await api.json<{
    source: string
    partitions: object[]
    notes: string[]
  }>('lag')
  assert.equal([source, partitions.length], ['postgres', 0])
  assert.match(notes.join(), 'Kafka')
})

test('typed columns are shown and filter', async () => {
  const columns = { status: { from: 'status', type: 'integer' }, topic: { from: 'x', type: 'text' } }
  const typed = await apiWith(20, { columns: JSON.stringify(columns) })
  await typed.observer.query('alter table logs add column status integer, add column topic text')
  await typed.observer.query(`update logs set status = 200 + (attrs ->> 'n')::integer, topic = 'mine'`)
  const { records } = await typed.json<SearchAnswer>('logs?column.status=207&column.topic=mine')
  assert.equal(
    records.map(record => [numberOf(record), record.topic, record.columns]),
    [[7, TOPIC, { status: 207, topic: 'mine' }]],
  )
  const { record } = await typed.json<RecordAnswer>(`logs/${TOPIC}/1/3`)
  assert.equal(record.columns, { status: 207, topic: 'mine' })
  for (const query of ['column.nothing=1', 'column.status=x', 'column.status=99999999999'])
    assert.is((await typed.get(`logs?${query}`)).statusCode, 400, query)
})

test('an export holds everything, as NDJSON and as CSV', async () => {
  const ndjson = await api.get(`export?${DAY}`)
  const lines = ndjson.body.trimEnd().split('\n')
  assert.is(lines.length, RECORDS)
  assert.equal(
    lines.map(line => numberOf(JSON.parse(line))),
    expected(() => true, RECORDS).reverse(),
  )
  const csv = await api.get(`export?${DAY}&format=csv&trace_id=trace-3`)
  const [head, first] = csv.body.split('\r\n')
  assert.match(head!, /^ts,severity,severity_text,service,/)
  assert.match(first!, '"{""n"":30,')
  assert.is((await api.get('export')).statusCode, 400)
})

test('?explain shows SQL with placeholders and the plan', async () => {
  const { explain, records } = await api.json<SearchAnswer & { explain: Record<string, never>[] }>(
    `logs?${DAY}&service=checkout&limit=1&explain`,
  )
  assert.is(records.length, 1)
  assert.equal(
    explain.map(({ task }) => task),
    ['count by minute', 'search logs'],
  )
  assert.match(String(explain[1]!.sql), 'service = any($')
  assert.match(JSON.stringify(explain[1]!.plan), 'logs_20260115')
  assert.match(JSON.stringify(explain[1]!.parameters), 'checkout')
})

test('the description of the API names every route, and can be browsed', async () => {
  const { paths } = await api.json<{ paths: object }>('openapi.json')
  for (const path of ['/logs', '/logs/{topic}/{partition}/{offset}', '/export', '/dead-letters/replay'])
    assert.ok(`/api/v1${path}` in paths, path)
  const page = await api.get('docs/')
  assert.match(page.body, 'swagger-ui')
})

const ANOMALIES = `
  insert into anomalies (kind, service, severity, since, until, found_at, resolved_at, score, expected, observed) values
    ('volume_spike', 'checkout', null, '2026-01-15T10:00:00Z', '2026-01-15T10:30:00Z', '2026-01-15T10:01:15Z', '2026-01-15T10:35:00Z', 9, 10, 50),
    ('new_severity', 'checkout', 21, '2026-01-15T11:00:00Z', null, '2026-01-15T11:01:15Z', null, null, 0, 3),
    ('silent', 'search', null, '2026-01-15T11:30:00Z', null, '2026-01-15T11:33:15Z', null, 8, 20, 0)`

test('anomalies: by state, kind, service and time, a page after the other', async () => {
  await api.observer.query(ANOMALIES)
  const list = async (query: string) => (await api.json<AnomaliesAnswer>(`anomalies?${query}`)).anomalies
  const kinds = async (query: string) => (await list(query)).map(({ kind }) => kind)
  assert.equal(await kinds(''), ['silent', 'new_severity', 'volume_spike'])
  assert.equal(await kinds('state=open'), ['silent', 'new_severity'])
  assert.equal(await kinds('state=resolved'), ['volume_spike'])
  assert.equal(await kinds('kind=silent&service=search'), ['silent'])
  assert.equal(await kinds('service=checkout&service=search&limit=2'), ['silent', 'new_severity'])
  // One that lasted into the time asked for is in it; one that is over before or begins after is not.
  assert.equal(await kinds('from=2026-01-15T10:20:00Z&to=2026-01-15T10:50:00Z'), ['volume_spike'])
  assert.equal(await kinds('from=2026-01-15T10:40:00Z&to=2026-01-15T11:10:00Z'), ['new_severity'])
  const [latest] = await list('limit=1')
  assert.equal(await kinds(`before=${latest!.id}&limit=1`), ['new_severity'])
  const [fatal] = await list('kind=new_severity')
  assert.equal(fatal, {
    id: fatal!.id,
    kind: 'new_severity',
    service: 'checkout',
    severity: 21,
    severity_text: 'fatal',
    since: '2026-01-15T11:00:00.000000Z',
    until: null,
    found_at: '2026-01-15T11:01:15.000000Z',
    resolved_at: null,
    score: null,
    expected: 0,
    observed: 3,
    examples: [],
  })
})

test('an anomaly that is over is over in the next answer, and the statement can be looked at', async () => {
  await api.observer.query(
    `update anomalies set until = '2026-01-15T11:40:00Z', resolved_at = now() where kind = 'silent'`,
  )
  const { anomalies, explain } = await api.json<AnomaliesAnswer & Explained>(
    'anomalies?kind=silent&state=open&explain',
  )
  assert.equal(anomalies, [])
  assert.match(explain![0]!.sql, 'from anomalies')
  for (const query of ['kind=nothing', 'state=half', 'before=0', 'limit=1001', 'knd=silent'])
    assert.is((await api.get(`anomalies?${query}`)).statusCode, 400, query)
})

test.run()

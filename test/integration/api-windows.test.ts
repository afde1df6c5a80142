/** How far a search looks (src/query/windows.ts): minutes that are skipped, minutes that are cut, time that is over. */
import * as assert from 'uvu/assert'
import type { SearchAnswer } from '../../src/query/contract.ts'
import { suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { type ApiFixture, apiWith, numberOf } from './api-fixture.ts'

const test = suite('integration/api-windows', { timeoutMs: 20_000 })
const MANY = 150_000

type Explained = SearchAnswer & { explain: { task: string; parameters: unknown[] }[] }

let api: ApiFixture
test.before(async () => {
  api = await apiWith(600)
  // One minute with very many records, an hour after the rest; two records of a service that is nowhere else, before and behind.
  await execute(
    api.url,
    `insert into logcollector.logs
     select timestamptz '2026-01-15T12:00:00Z' + n * interval '100 microseconds', 9, 'search', 'h', null, null, 'm',
       jsonb_build_object('n', n), 1, 0, 1000000 + n from generate_series(1, ${MANY}) as n`,
    `insert into logcollector.logs values
       ('2026-01-15T10:05:00.5Z', 9, 'rare', null, null, null, 'm', '{"n":-7}', 1, 0, 999999),
       ('2026-01-15T12:30:00.5Z', 9, 'rare', null, null, null, 'm', '{"n":-8}', 1, 0, 999998)`,
    `insert into logcollector.log_rollup_1m values ('2026-01-15T12:00:00Z', 'search', 9, 1, 0, ${MANY}, 1),
       ('2026-01-15T10:05:00Z', 'rare', 9, 1, 0, 1, 1), ('2026-01-15T12:30:00Z', 'rare', 9, 1, 0, 1, 1)`,
  )
})

const DAY = 'from=2026-01-15&to=2026-01-16'
const explained = async (query: string) => {
  const answer = await api.json<Explained>(`logs?${DAY}&explain&${query}`)
  const searches = answer.explain.filter(({ task }) => task === 'search logs')
  return { ...answer, searches, found: answer.records.map(numberOf) }
}

test('a service that is rare is found in its minute, without a look at the others', async () => {
  const { searches, found } = await explained('service=rare')
  assert.equal(found, [-8, -7])
  assert.equal(
    searches.map(({ parameters }) => parameters.slice(0, 2)),
    [
      ['2026-01-15T12:30:00.000000Z', '2026-01-15T12:31:00.000000Z'],
      ['2026-01-15T10:05:00.000000Z', '2026-01-15T10:06:00.000000Z'],
    ],
  )
})

test('a minute with very many records is looked at in parts, the newest first', async () => {
  const newest = await explained(`limit=3&host=h`)
  assert.equal(newest.found, [MANY, MANY - 1, MANY - 2])
  const oldest = await explained('limit=3&host=h&order=asc')
  assert.equal(oldest.found, [1, 2, 3])
  assert.ok(oldest.searches.length < 4)
})

test('what fits once is found wherever it is, and pages go over the parts', async () => {
  for (const n of [1, 77_777, MANY]) assert.equal((await explained(`attr.n=${n}&host=h`)).found, [n])
  let { records, next } = await api.json<SearchAnswer>(`logs?${DAY}&host=h&limit=1000`)
  const seen = new Set<number>()
  for (let pages = 0; pages < 40; pages++) {
    for (const record of records) seen.add(numberOf(record))
    ;({ records, next } = await api.json<SearchAnswer>(`logs?${DAY}&host=h&limit=1000&cursor=${next}`))
  }
  assert.is(seen.size, 40_000)
  assert.is(Math.min(...seen), MANY - 40_000 + 1)
})

test('an export passes each part once', async () => {
  const { body } = await api.get(`export?${DAY}&format=csv`)
  assert.is(body.trimEnd().split('\r\n').length, 1 + MANY + 600 + 2)
})

test.run()

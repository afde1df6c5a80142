/** docs/api.md: every curl call with an answer below it is made, in the order of the page, and answers as printed. */
import * as assert from 'uvu/assert'
import { differenceOf, examplesOf } from '../docs/curl-examples.ts'
import { readPage } from '../docs/sections.ts'
import { suite } from '../support/suite.ts'
import { type ApiFixture, apiWith } from './api-fixture.ts'

const test = suite('integration/api-docs', { timeoutMs: 20_000 })
const page = readPage('docs/api.md')
const examples = examplesOf(page)

let api: ApiFixture
let base: string
test.before(async () => {
  api = await apiWith(6_000)
  // Rows that are no part of a page's answers: a record that was refused once and can be parsed by now.
  await api.observer.query(
    `insert into dead_letters (topic_id, kafka_partition, kafka_offset, kafka_ts, raw, code, reason)
     values (1, 1, 3000, '2026-01-15T11:40:01Z', '{"m":42}', 'parse_refused', 'no JSON object')`,
  )
  await api.observer.query(
    `insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes)
     values (1, 1, 3000, 3001, 0, 1, 0, 0)`,
  )
  await api.observer.query(
    `insert into anomalies (kind, service, since, found_at, score, expected, observed, examples)
     select 'error_rate', 'checkout', '2026-01-15T11:37:00Z', '2026-01-15T11:39:15Z', 7.5, 2, 31.5,
       jsonb_agg(to_jsonb(e)) from (select topic, kafka_partition as partition, kafka_offset as "offset", ts
         from logs join topics using (topic_id) where kafka_partition = 0 and kafka_offset = 2985) as e`,
  )
  base = await api.server.listen({ host: '127.0.0.1', port: 0 })
})

test('every call of the page that asks a server is run', () => {
  const calls = page.match(/^curl /gm) ?? []
  assert.is(examples.length, calls.length)
  assert.ok(examples.length >= 12)
})

test('a difference is noticed', () => {
  assert.is(differenceOf({ a: [1, 'x'] }, { a: [1, '…'] }), null)
  assert.match(differenceOf({ a: [1, 2] }, { a: [1] })!, 'also has 1')
  assert.match(differenceOf({ a: 1 }, { a: 2 })!, 'answer.a: 1, not 2')
  assert.match(differenceOf({}, { a: '…' })!, 'missing')
})

for (const { call, method, path, headers, body, language, answer } of examples)
  test(call, async () => {
    const response = await fetch(base + path, { method, headers, ...(body === null ? {} : { body }) })
    const text = await response.text()
    if (language === 'csv') return assert.fixture(text.replaceAll('\r\n', '\n').trimEnd(), answer)
    const difference = differenceOf(JSON.parse(text), JSON.parse(answer))
    assert.is(difference, null, `${difference}\n${text}`)
  })

test.run()

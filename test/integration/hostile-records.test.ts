/**
 * Records whose texts and names of fields are meant to break out of SQL, JSON or CSV, from Kafka to every answer that
 * shows them: rows, rollups, search, facets, export, dead letters.
 */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { createApi } from '../../src/cli/api.ts'
import { buildServer } from '../../src/http/server.ts'
import type { FacetAnswer, LogRecord, SearchAnswer } from '../../src/query/contract.ts'
import { verify } from '../../src/store/verify/index.ts'
import { Observer } from '../faults/observer.ts'
import { createKafkaClient, database, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('hostile records', { timeoutMs: 60_000 })

const hostile = [
  "'; drop table logcollector.logs; --",
  '"; drop schema logcollector cascade; --',
  '$$; select pg_sleep(60); $$',
  "E'\\\\' \\x00 \\. \\N",
  '$1 %s %I {} [] :name',
  'tab\there\nline\r\nreturn',
  '</script><script>alert(1)</script>',
  '=cmd|"/c calc"!A1,",,',
  '\u202e\u0000bidi 💥 é é \ufeff',
  '__proto__',
  'a'.repeat(250),
]
/** NUL is what Postgres cannot hold; the kernel replaces it. */
const held = (text: string): string => text.replaceAll('\0', '\ufffd')
const DEAD = ['no json', '{"a": ', "'; drop table logcollector.dead_letters; --\0\xff"]

test('every text and every name comes back as it was, and nothing of it was run', async () => {
  const [name, url] = await Promise.all([topic(), database()])
  const engine = startEngine({
    'kafka.topics': name,
    'kafka.group_id': `hostile-${randomUUID()}`,
    'postgres.url': url,
    'parse.malformed': 'dead_letter',
    'parse.keys': 'true',
    'parse.headers': 'true',
    columns: JSON.stringify({ select: { from: 'evil', type: 'text' } }),
  })
  const records = hostile.map((text, n) => ({
    key: text,
    headers: { [text]: text },
    value: JSON.stringify({
      n,
      service: text,
      host: text,
      trace_id: text,
      message: text,
      evil: text,
      deep: { [text]: [text] },
      [`at.${text}`]: text,
    }),
  }))
  const producer = createKafkaClient().producer()
  await producer.connect()
  await producer.send({ topic: name, messages: [...records, ...DEAD.map(value => ({ value }))] })
  await producer.disconnect()
  const observer = new Observer(url, name)
  const isDone = async () => {
    const [row] = await observer.query<{ done: number }>(
      'select sum(stored + dead)::int as done from ingest_ledger',
    )
    return row!.done === hostile.length + DEAD.length
  }
  await until(isDone, { deadlineMs: 30_000, what: 'all records' })

  const api = createApi(engine.config)!
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    metrics: { contentType: 'text/plain', render: async () => '' },
    debug: null,
    api: api.deps,
  })
  cleanUp(async () => {
    await server.close()
    await api.close()
  })
  const ask = async (path: string, query: Record<string, string> = {}): Promise<string> => {
    const answer = await server.inject({ url: `/api/v1/${path}`, query, headers: { host: 'localhost' } })
    assert.is(answer.statusCode, 200, `${path} ${JSON.stringify(query)}: ${answer.body}`)
    return answer.body
  }
  const found = async (query: Record<string, string>): Promise<readonly LogRecord[]> =>
    (JSON.parse(await ask('logs', { since: '1d', ...query })) as SearchAnswer).records
  const numbersOf = (list: readonly LogRecord[]) => list.map(({ attrs }) => (attrs as { n: number }).n)

  const all = await found({ limit: '100' })
  assert.is(all.length, hostile.length)
  for (const record of all) {
    const { n, deep } = record.attrs as { n: number; deep: object }
    const text = held(hostile[n]!)
    assert.equal([record.service, record.host, record.trace_id, record.message], [text, text, text, text])
    assert.equal(Object.entries(deep), [[text, [text]]])
    assert.equal(record.columns, { select: text })
  }
  for (const [n, given] of hostile.entries()) {
    // A NUL in a question is refused: nothing that is stored has one.
    const text = held(given)
    for (const filter of [
      { service: text },
      { host: text },
      { trace_id: text },
      { q: text },
      { 'column.select': text },
      { [`attr.at.${text}`]: text },
    ])
      assert.equal(numbersOf(await found(filter)), [n], JSON.stringify(filter))
  }
  for (const field of ['service', 'host', 'attr.n']) {
    const { values } = JSON.parse(await ask('facets', { field, since: '1d', limit: '100' })) as FacetAnswer
    const expected = field === 'attr.n' ? hostile.map((_, n) => String(n)) : hostile.map(held)
    assert.equal(values.map(({ value }) => value).sort(), expected.sort())
  }
  const lines = (await ask('export', { since: '1d', format: 'ndjson' })).trim().split('\n')
  assert.equal(lines.map(line => (JSON.parse(line) as LogRecord).message).sort(), hostile.map(held).sort())
  const csv = await ask('export', { since: '1d', format: 'csv' })
  for (const text of hostile.map(held)) assert.ok(csv.includes(text.replaceAll('"', '""')), text)

  const { dead_letters: letters } = JSON.parse(await ask('dead-letters', { topic: name })) as {
    dead_letters: object[]
  }
  assert.is(letters.length, DEAD.length)
  for (const offset of DEAD.keys()) await ask(`dead-letters/${name}/0/${hostile.length + offset}`)
  assert.ok(await engine.stop())
  const { checks, ok } = await verify(url, { sinceMs: null })
  assert.ok(ok, JSON.stringify(checks.flatMap(({ findings }) => findings)))
})

test.run()

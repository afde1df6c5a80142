/** Values that are meant to break out of SQL, and requests that make no sense: bound or refused, never a fault of ours. */
import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { type ApiFixture, apiWith, codeOf, TOPIC } from './api-fixture.ts'

const test = suite('integration/api-hostile', { timeoutMs: 15_000 })
const DAY = 'from=2026-01-15&to=2026-01-16'

let open: ApiFixture
test.before(async () => {
  open = await apiWith(2_000)
})

/** Values that break what is pasted together instead of bound. */
const hostile = [
  "'; drop table logs; --",
  "' or '1'='1",
  '\\',
  "\\' or true --",
  '$1',
  '%',
  '_',
  '"}',
  '{"a":1}',
  '\u0000',
  '\ud800',
  '💥'.repeat(50),
  '-1',
  '1e999',
  'NaN',
  'a'.repeat(5000),
  '../../etc/passwd',
  ';select pg_sleep(10)',
  '__proto__',
]
const parameters = [
  'from',
  'to',
  'since',
  'service',
  'severity',
  'min_severity',
  'topic',
  'host',
  'trace_id',
  'q',
  'limit',
  'order',
  'cursor',
  'explain',
  'interval',
  'by',
  'field',
  'format',
  'state',
  'code',
  'partition',
  'offset',
  'neighbours',
  'attr.x',
  'attr.x.y',
  'unknown',
]
const routes = [
  'logs',
  'histogram',
  'facets',
  'services',
  'stats',
  'gaps',
  'dead-letters',
  'export',
  `logs/${TOPIC}/0/1`,
]

test('hostile values in every parameter are bound or refused, never run and never a fault', async () => {
  for (const route of routes)
    for (const name of parameters) {
      const answers = await Promise.all(
        hostile.map(value => {
          const query = new URLSearchParams({ [name]: value })
          return open.get(`${route}?${query}`)
        }),
      )
      for (const [index, answer] of answers.entries())
        assert.ok(
          [200, 400].includes(answer.statusCode),
          `${route}?${name}=${hostile[index]}: ${answer.statusCode} ${answer.body}`,
        )
    }
  const [left] = await open.observer.query<{ count: string }>('select count(*) from logs')
  assert.is(Number(left!.count), 2000)
})

test('hostile names of attributes and places are no fault either', async () => {
  for (const value of hostile) {
    const name = encodeURIComponent(value.toWellFormed())
    for (const path of [
      `logs?attr.${name}=1`,
      `facets?${DAY}&field=attr.${name}`,
      `logs/${name}/0/1`,
      `logs/${TOPIC}/${name}/1`,
      `dead-letters/${name}/0/1`,
    ]) {
      const { statusCode, body } = await open.get(path)
      assert.ok([200, 400, 404, 414].includes(statusCode), `${path}: ${statusCode} ${body}`)
    }
  }
})

test('what is wrong is named', async () => {
  const problems = {
    'logs?servce=x': 'servce is no parameter',
    'logs?limit=0': 'limit must be >= 1',
    'logs?from=yesterday': 'from is no time',
    'logs?severity=loud': 'severity is no severity',
    'logs?cursor=abc': 'the cursor is none',
    'logs?limit=1e999': 'limit is no number that counts',
    'logs?q=%00': 'q must match pattern',
    'logs?from=2026-01-02&to=2026-01-01': 'from must be before to',
    'logs?host=a&host=b': 'host must be string',
    'histogram?host=x': 'host is no parameter',
    [`histogram?${DAY}&interval=1m&since=1h`]: 'from or since',
    'histogram?from=2025-01-01&to=2026-01-01&interval=1m': 'more than 2000 points',
    facets: 'field',
  }
  for (const [path, problem] of Object.entries(problems)) {
    const answer = await open.get(path)
    assert.is(answer.statusCode, 400, path)
    assert.is(codeOf(answer), 'HTTP_REQUEST_INVALID')
    assert.match(answer.body, problem)
  }
})

test.run()

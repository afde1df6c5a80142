/** The steps regex and grok: src/parse/steps/match.ts, pattern.ts, dialect.ts, grok/expand.ts. */
import * as assert from 'uvu/assert'
import { StepProblem } from '../../../src/parse/steps/problem.ts'
import { suite } from '../../support/suite.ts'
import { after, RecordFields, stepOf } from './record.ts'

const test = suite('parse/steps/match')
const line =
  '203.0.113.7 - alice [10/Oct/2026:13:55:36 -0700] "GET /orders?id=1 HTTP/1.1" 200 - "https://example.com/" "curl/8.5.0"'

/** The option and the text of what is wrong. */
function faultOf(body: () => unknown): readonly [string, string] {
  try {
    body()
  } catch (error) {
    assert.instance(error, StepProblem)
    return [(error as StepProblem).option, (error as StepProblem).message]
  }
  throw new Error('was accepted')
}

test('regex: named groups become fields of their types', () => {
  const pattern = [
    'user=(?<user.name>\\w+) took (?<ms:float>[\\d.]+)ms code (?<code:int>\\S+)( (?<late>late))?',
  ]
  const record = { message: 'user=bob took 1.50ms code 42' }
  assert.equal(after('regex', { pattern }, record), { ...record, 'user.name': 'bob', ms: 1.5, code: 42 })
})

test('what does not fit a type stays a text, "-" is nothing', () => {
  const pattern = ['(?<a:int>\\S+) (?<b:float>\\S+) (?<c:datetime>\\S+) (?<d:int>\\S+)']
  const record = { message: '1.5 abc soon -' }
  assert.equal(after('regex', { pattern }, record), { ...record, a: '1.5', b: 'abc', c: 'soon' })
})

test('a number too large for JavaScript keeps its digits', () => {
  const record = { message: '9007199254740993' }
  assert.equal(after('regex', { pattern: ['(?<id:int>\\d+)'] }, record), { ...record, id: record.message })
})

test('grok: a line of an access log', () => {
  const found = after('grok', { pattern: ['%{COMBINEDAPACHELOG}'] }, { message: line })
  assert.equal(found, {
    message: line,
    clientip: '203.0.113.7',
    ident: '-',
    auth: 'alice',
    timestamp: '10/Oct/2026:13:55:36 -0700',
    verb: 'GET',
    request: '/orders?id=1',
    httpversion: '1.1',
    response: 200,
    referrer: 'https://example.com/',
    agent: 'curl/8.5.0',
  })
})

for (const engine of ['native', 're2'] as const)
  test(`grok in the engine ${engine}: the first pattern that matches, own patterns, a time`, () => {
    const options = {
      engine,
      field: 'line',
      pattern: ['^none %{WORD:a}', '%{HTTPDATE:@timestamp:datetime}\\] %{ORDER:[order][id]:int}'],
      patterns: { ORDER: '%{INT}' },
    }
    const record = { line: '[10/Oct/2026:13:55:36 -0700] 4711' }
    assert.equal(after('grok', options, record), {
      ...record,
      ts: Date.UTC(2026, 9, 10, 20, 55, 36),
      'order.id': 4711,
    })
  })

test('a time in an attribute is ISO 8601; a year that is missing follows from the record', () => {
  const record = { ts: '2026-01-02T00:00:00Z', message: 'Dec 31 23:59:58 x' }
  const pattern = ['%{SYSLOGTIMESTAMP:at:datetime}']
  assert.equal(after('grok', { pattern }, record), { ...record, at: '2025-12-31T23:59:58.000Z' })
})

test('groups of one name in several branches: the one that took part', () => {
  const pattern = ['^(?:id (?<id>\\d+)|name (?<id>\\w+))$']
  assert.is(after('regex', { pattern }, { message: 'id 7' })!.id, '7')
  assert.is(after('regex', { pattern }, { message: 'name x' })!.id, 'x')
})

test('unnamed groups and references keep their numbers', () => {
  const pattern = ['(["\'])(?<quoted>.*?)\\1 (?<word>\\w+) \\k<word>$']
  const found = after('regex', { pattern }, { message: `"it's" yes yes` })!
  assert.is(found.quoted, "it's")
  assert.is(found.word, 'yes')
})

test('what only Oniguruma writes: \\A, \\z, \\h, POSIX classes, (?i) in front', () => {
  const pattern = ['(?i)\\Aid=(?<id>\\h+) (?<rest>[[:alpha:]_]+)\\z']
  const found = after('regex', { pattern }, { message: 'ID=aF09 x_Y' })!
  assert.equal([found.id, found.rest], ['aF09', 'x_Y'])
  assert.is(after('regex', { pattern }, { message: 'ID=aF09 x-Y' })!.id, undefined)
})

test('no match: kept, dropped or tagged, and counted; so is a field that is not there', () => {
  const pattern = ['(?<id>\\d+)']
  assert.equal(after('regex', { pattern }, { message: 'x' }), { message: 'x' })
  assert.is(after('regex', { pattern, on_no_match: 'drop' }, { message: 'x' }), null)
  assert.is(after('regex', { pattern, on_no_match: 'drop' }, {}), null)
  const step = stepOf('grok', { pattern: ['%{INT:id}'], on_no_match: 'tag' })
  const fields = new RecordFields({ message: 'x' })
  step.run(fields)
  step.run(fields)
  assert.is(fields.values.tags, '_grok_no_match,_grok_no_match')
  assert.equal(step.counts, { unmatched: 2, overlong: 0 })
})

test('a text over the limit is not matched, and counted', () => {
  const step = stepOf('regex', { pattern: ['(?<id>x)'], on_no_match: 'drop' })
  assert.is(step.run(new RecordFields({ message: 'x'.repeat(1000) })), 'keep')
  assert.is(step.run(new RecordFields({ message: 'x'.repeat(1001) })), 'drop')
  assert.equal(step.counts, { unmatched: 1, overlong: 1 })
})

test('faults name the option and the remedy', () => {
  const grok = (pattern: string, patterns = {}) =>
    faultOf(() => stepOf('grok', { pattern: [pattern], patterns }))
  const regex = (pattern: string, engine: 'native' | 're2' = 'native') =>
    faultOf(() => stepOf('regex', { pattern: [pattern], engine }))
  assert.equal(grok('%{NUMBR:a}'), ['pattern', '%{NUMBR} is unknown; did you mean %{NUMBER}?'])
  assert.equal(grok('%{XYZXYZ:a}'), ['pattern', '%{XYZXYZ} is unknown; add it to patterns'])
  assert.match(grok('%{A:a}', { A: '%{B}', B: '%{A}' })[1], '%{A} contains itself: A → B → A')
  assert.match(
    grok('%{NUMBER:a:integer}')[1],
    '"integer" is no type of a field; write text, int, float, datetime',
  )
  assert.match(grok('%{NUMBER a}')[1], 'has %{NUMBER a}; write %{NAME}')
  assert.match(regex('(?<a>x')[1], 'is no regular expression:')
  assert.match(regex('(?<a>(?>x))')[1], 'has the atomic group "(?>" at character 6; write "(?:"')
  assert.match(regex('(?<a>x)(?=y)', 're2')[1], 'is no pattern that re2 understands:')
  assert.match(regex('\\k<b>(?<a>x)')[1], '\\k<b> refers to no group before it')
  assert.match(regex('x+')[1], '"x+" names no field; write one such as (?<bytes:int>\\d+)')
})

test('patterns that grow without end are refused before they fill the memory', () => {
  const patterns = Object.fromEntries(
    Array.from({ length: 30 }, (_, i) => [`P${i}`, `%{P${i + 1}}%{P${i + 1}}`]),
  )
  const grok = () => stepOf('grok', { pattern: ['%{P0:a}'], patterns: { ...patterns, P30: 'x' } })
  assert.match(faultOf(grok)[1], 'is longer than 100000 characters')
})

test.run()

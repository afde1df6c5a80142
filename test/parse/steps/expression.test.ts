/** The expressions of drop and keep: src/parse/steps/expression/, filter.ts. */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { type Expression, parseExpression, type Sign } from '../../../src/parse/steps/expression/parser.ts'
import { printExpression } from '../../../src/parse/steps/expression/print.ts'
import { suite } from '../../support/suite.ts'
import { after, RecordFields, stepOf } from './record.ts'

const test = suite('parse/steps/expression')
const record = {
  severity: 'warn',
  service: 'web',
  message: 'GET /health 200',
  status: 404,
  size: '12',
  ok: true,
  nothing: null,
  http: { method: 'GET' },
  'odd name': 'x',
}

const holds = (text: string): boolean => after('keep', { if: text }, record) !== null

test('what holds', () => {
  const right = [
    'status == 404',
    'status >= 400 and status < 500',
    'status != 200',
    'size > 9',
    'service == "web"',
    "service == 'web'",
    'service in ["api", "web"]',
    'service not in ["api"]',
    'status in [403, 404]',
    'message contains "/health"',
    'message matches "^GET /\\w+ \\d+$"',
    'http.method == "GET"',
    '`odd name` exists',
    'not missing exists',
    'missing == null and nothing == null',
    'missing != 1',
    'ok == true',
    'severity == "warning"',
    'severity >= 13 and severity < "error"',
    'size < status',
    'service == service',
    'not (service == "web" and status == 1) or missing exists',
    'false_friend == null',
  ]
  assert.equal(
    right.filter(text => !holds(text)),
    [],
  )
})

test('what does not', () => {
  const wrong = [
    'status == 405',
    'missing == 1',
    'missing < 1',
    'missing contains ""',
    'message < 1',
    'service in ["api"]',
    'service not in ["web"]',
    'severity >= "error"',
    'ok == false',
    'nothing exists',
    'service exists and missing exists',
    'missing == other',
  ]
  assert.equal(
    wrong.filter(text => holds(text)),
    [],
  )
})

test('and binds before or, not before both', () => {
  assert.ok(holds('ok == true or ok == true and ok == false'))
  assert.not.ok(holds('not ok == true or ok == false'))
})

test('drop leaves out what keep keeps', () => {
  assert.is(after('drop', { if: 'status == 404' }, record), null)
  assert.equal(after('drop', { if: 'status == 200' }, record), record)
})

test('a text over the limit does not match, and is counted', () => {
  const step = stepOf('drop', { if: 'message matches "x"' })
  assert.is(step.run(new RecordFields({ message: 'x'.repeat(1001) })), 'keep')
  assert.is(step.counts.overlong, 1)
  assert.is(step.patterns.length, 1)
})

test('faults have their place', () => {
  const faults: Readonly<Record<string, string>> = {
    'status = 1': 'has "=" at character 8; write "=="',
    'a == 1 && b == 2': 'has "&" at character 8; write "and" or "or"',
    '!a exists': 'has "!" at character 1; write "not"',
    'a == "x': 'has a " at character 6 that is never closed',
    a: 'ends at character 2 where == != < <= > >= in, contains, matches or exists is expected',
    '': 'ends at character 1 where the name of a field is expected',
    '"x" == a': 'has "x" at character 1 where the name of a field is expected',
    '(a == 1': 'ends at character 8 where ")" is expected',
    'a == 1 b == 2': 'has "b" at character 8 where "and", "or" or the end is expected',
    'a in "x"': 'has "x" at character 6 where a list such as ["a", "b"] is expected',
    'a in [1 2]': 'has "2" at character 9 where "," or "]" is expected',
    'a not contains "x"': 'has "contains" at character 7 where "in" is expected',
    'a matches 1': 'has "1" at character 11 where a text in quotes is expected',
    'a < null': 'has < before null, which only == and != compare',
    'severity > "loud"': 'compares severity with "loud"; write a level such as "error", or 1 to 24',
    'a matches "("': 'is no regular expression: /(/: Unterminated group',
  }
  for (const [text, fault] of Object.entries(faults))
    assert.throws(
      () => stepOf('drop', { if: text }),
      (error: Error) => error.message === fault || assert.is(error.message, fault),
    )
  assert.throws(() => parseExpression(`${'('.repeat(200)}a exists`, 'if'), 'nested more than 100 deep')
})

const field = fc.oneof(
  fc.constantFrom('status', 'http.method', '@timestamp', 'a-b', 'größe', 'and', 'true', 'odd name', '1st'),
  fc.string({ minLength: 1 }).filter(name => !name.includes('`')),
)
const text = fc.string().filter(written => !/\\["']|\\$/.test(written))
const literal = fc.oneof(
  text,
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(n => n + 0),
  fc.boolean(),
  fc.constant(null),
)
const sign = fc.constantFrom<Sign>('==', '!=', '<', '<=', '>', '>=')
const expressions = fc.letrec<{ any: Expression }>(tie => ({
  any: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ type: fc.constant('exists' as const), field }),
    fc.record({ type: fc.constant('in' as const), field, literals: fc.array(literal, { minLength: 1 }) }),
    fc.record({ type: fc.constantFrom('contains' as const, 'matches' as const), field, text }),
    fc.record({
      type: fc.constant('compare' as const),
      field,
      sign,
      with: fc.oneof(fc.record({ field }), fc.record({ literal })),
    }),
    fc.record({ type: fc.constant('not' as const), of: tie('any') }),
    fc.record({ type: fc.constantFrom('and' as const, 'or' as const), left: tie('any'), right: tie('any') }),
  ),
})).any

test('what is printed is read as the same', () => {
  fc.assert(
    fc.property(expressions, expression => {
      const printed = printExpression(expression)
      const read = JSON.stringify(parseExpression(printed, 'if'))
      assert.is(read, JSON.stringify(expression), printed)
    }),
    { numRuns: 500 },
  )
})

test('any text is read or refused, never worse', () => {
  fc.assert(
    fc.property(fc.string(), written => {
      try {
        parseExpression(written, 'if')
      } catch (error) {
        assert.is((error as Error).name, 'StepProblem')
      }
    }),
    { numRuns: 500 },
  )
})

test.run()

/** The filter of the command line: what it means as parameters, and where it is wrong (src/query/filter.ts). */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { parseFilter } from '../../src/query/filter.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'

const test = suite('query/filter', { timeoutMs: 60_000 })

test('conditions become parameters', () => {
  assert.equal(parseFilter(''), [])
  assert.equal(parseFilter('  severity>=error service=checkout service=cart message~timeout '), [
    ['min_severity', 'error'],
    ['service', 'checkout'],
    ['service', 'cart'],
    ['q', 'timeout'],
  ])
  assert.equal(parseFilter('severity=17 host=a.b-c trace_id=0af7 topic=web attr.user.id=5 attr.ok=true'), [
    ['severity', '17'],
    ['host', 'a.b-c'],
    ['trace_id', '0af7'],
    ['topic', 'web'],
    ['attr.user.id', '5'],
    ['attr.ok', 'true'],
  ])
})

test('values with blanks, quotation marks and operators are quoted; a value alone is part of the message', () => {
  assert.equal(parseFilter(String.raw`"no room \"left\" \\ here"`), [['q', 'no room "left" \\ here']])
  assert.equal(parseFilter('service="a b" message~"x=1"'), [
    ['service', 'a b'],
    ['q', 'x=1'],
  ])
  assert.equal(parseFilter('attr.url=http://x/?a=b'), [['attr.url', 'http://x/?a=b']])
})

const wrong: readonly (readonly [filter: string, column: number, problem: RegExp])[] = [
  ['severity>error', 9, /severity takes >= or =/],
  ['service=a  sevrity=error', 12, /"sevrity" is none of severity, service/],
  ['service~a', 8, /service takes =/],
  ['attr.x>=1', 7, /attributes take "="/],
  ['host=a host=b', 8, /host is there twice/],
  ['one two', 5, /twice/],
  ['service=', 9, /value is missing/],
  ['message~"open', 9, /not closed/],
  ['__proto__=1', 1, /is none of/],
]

test('what is wrong is named with its place', () => {
  for (const [filter, column, problem] of wrong) {
    let error: unknown
    try {
      parseFilter(filter)
    } catch (thrown) {
      error = thrown
    }
    assert.instance(error, PipelineError, filter)
    const { code, context } = error as PipelineError
    assert.is(code, 'FILTER_INVALID')
    assert.is(context.column, column, `${filter}: ${String(context.problem)}`)
    assert.match(String(context.problem), problem)
  }
})

test('any text is parameters or named as wrong, and what is quoted is taken as it is', () => {
  const piece = fc.constantFrom(
    'severity',
    'service',
    'attr.a',
    '__proto__',
    '>=',
    '=',
    '~',
    '"',
    '\\',
    ' ',
    'x',
  )
  const nearly = fc.array(piece, { maxLength: 12 }).map(parts => parts.join(''))
  fc.assert(
    fc.property(fc.oneof(nearly, fc.string({ unit: 'binary' })), text => {
      try {
        for (const [name, value] of parseFilter(text))
          assert.ok(
            /^(severity|min_severity|service|host|trace_id|topic|q|attr\..+)$/.test(name) &&
              value.length >= 0,
          )
      } catch (error) {
        assert.instance(error, PipelineError)
        assert.is((error as PipelineError).code, 'FILTER_INVALID')
      }
    }),
    runs(1000),
  )
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), value => {
      const quoted = `"${value.replace(/[\\"]/g, '\\$&')}"`
      // A line break is no character of ".".
      if (/[\n\r\u2028\u2029]/.test(value)) return
      assert.equal(parseFilter(`service=${quoted} message~${quoted}`), [
        ['service', value],
        ['q', value],
      ])
    }),
    runs(500),
  )
})

test.run()

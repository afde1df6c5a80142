/**
 * The formats beside JSON against their twins, over fuzzed records, and how much room their rows take.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { ParserSettings, RecordFormat } from '../../src/parse/contract.ts'
import { encodeRow } from '../reference/copy-row.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'
import { recordOf, runs } from './arbitraries.ts'
import { type Bench, createBench, defaultSettings } from './harness.ts'
import { anyText } from './logfmt-arbitraries.ts'
import { checkRecords } from './twin.ts'

const test = suite('kernel: formats', { timeoutMs: 120_000 })

const cases: readonly Partial<ParserSettings>[] = [
  { format: 'logfmt' },
  { format: 'logfmt', malformed: 'dead_letter', keys: true },
  { format: 'raw', headers: true },
  { format: 'auto' },
]

for (const changes of cases) {
  test(`rows and dead letters are the twin's with ${JSON.stringify(changes)}`, () => {
    const bench = createBench(changes)
    const settings = { ...defaultSettings, ...changes }
    fc.assert(
      fc.property(fc.array(recordOf(anyText), { minLength: 1, maxLength: 12 }), records =>
        checkRecords(bench, settings, records),
      ),
      runs(400),
    )
  })
}

const formats: readonly RecordFormat[] = ['logfmt', 'raw', 'auto']
const benches = new Map(formats.map(format => [format, createBench({ format })]))
const benchOf = (format: RecordFormat): Bench => benches.get(format)!

test('a row is byte for byte what the plain encoder makes of its fields', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...formats),
      fc.array(anyText, { minLength: 1, maxLength: 5 }),
      (format, values) => {
        const { rows, copy } = benchOf(format).parse(
          encodeBatch({ records: values.map(value => ({ value })) }),
        )
        assert.equal(copy, Buffer.concat(rows.map(encodeRow)))
      },
    ),
    runs(150),
  )
})

const rowOf = (format: RecordFormat, value: string) =>
  benchOf(format).parse(encodeBatch({ records: [{ value }] })).rows[0]!

test('the least texts grow the most, and fit what was reckoned', () => {
  const grown: readonly string[] = [
    `a=1 ${'b '.repeat(30_000)}`,
    'a= '.repeat(20_000),
    'a=b '.repeat(15_000),
    `a="${'\u0001'.repeat(60_000)}"`,
    `a="${'\\a'.repeat(30_000)}"`,
    `a=${'\\'.repeat(60_000)}`,
    `${'\\'.repeat(60_000)}=1`,
    `m="${'\0'.repeat(60_000)}"`,
    `msg="${'\0'.repeat(60_000)}"`,
  ]
  for (const value of grown) {
    const parts = benchOf('logfmt').parseAll(encodeBatch({ records: [{ value }] }), () => 65_536)
    const rows = parts.flatMap(part => part.rows)
    assert.is(rows.length, 1, value.slice(0, 20))
    JSON.parse(rows[0]!.attrs)
  }
})

test('auto takes a text for logfmt only when it holds pairs and nothing else', () => {
  const taken: readonly [string, boolean][] = [
    ['a=1 b=2', true],
    [' a=1\tb="2"\n', true],
    ['a=1', false],
    ['a=1 b=2 word', false],
    ['GET /x a=1 b=2', false],
    ['a=1 b="2', false],
    ['', false],
  ]
  for (const [value, isLogfmt] of taken) {
    const row = rowOf('auto', value)
    assert.is(row.message, isLogfmt ? null : value, value)
    assert.equal(JSON.parse(row.attrs), isLogfmt ? { a: 1, b: value.includes('"') ? '2' : 2 } : {})
  }
  assert.equal(JSON.parse(rowOf('auto', ' {"a":1}').attrs), { a: 1 })
  assert.equal(JSON.parse(rowOf('auto', '{"a":1').attrs), { 'lc.error': 'not JSON' })
})

test('a record may have any number of pairs, and a column may come from any of them', () => {
  for (const count of [63, 64, 65, 66, 500]) {
    const keys = Array.from({ length: count }, (_, i) => `k${i}`)
    const text = `${keys.map((key, i) => `${key}=${i}`).join(' ')} host=h bare`
    const row = rowOf('logfmt', text)
    assert.is(row.host, 'h')
    assert.equal(JSON.parse(row.attrs), { ...Object.fromEntries(keys.map((key, i) => [key, i])), bare: true })
  }
})

test('a record of one format teaches nothing to those of another', () => {
  const values = ['{"a":1,"b":2}', 'a=1 b=2', '{"a":1,"b":2}', '{a=1}', '"a":1 b=2', 'a=1 b=2', '{b=2,"a":1}']
  const { rows } = benchOf('auto').parse(encodeBatch({ records: values.map(value => ({ value })) }))
  const both = { a: 1, b: 2 }
  const error = { 'lc.error': 'not JSON' }
  assert.equal(
    rows.map(row => JSON.parse(row.attrs)),
    [both, both, both, error, {}, both, error],
  )
})

test.run()

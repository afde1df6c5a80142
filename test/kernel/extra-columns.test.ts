/**
 * Extra columns against their twin: what fits a type leaves attrs, what does not stays, and rows hold all columns.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { buildImage } from '../../src/kernel/slot.ts'
import { columnTypes, type ExtraColumn, type ParserSettings } from '../../src/parse/contract.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'
import { isUsable, jsonText, recordOf, runs } from './arbitraries.ts'
import { createBench, defaultSettings } from './harness.ts'
import { anyText, asWord, typedText } from './logfmt-arbitraries.ts'
import { checkRecords } from './twin.ts'

const test = suite('kernel: extra columns', { timeoutMs: 120_000 })

const columns: readonly ExtraColumn[] = columnTypes.map(type => ({
  name: type.replace(' ', '_'),
  from: `x.${type.replace(' ', '_')}`,
  type,
}))
const fields = columns.map(({ name }) => name)

/** A value as JSON: a string or, where it is one, a number or literal. */
const jsonValue = fc.tuple(typedText, fc.boolean()).map(([text, isBare]) => {
  const isJson = /^(-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?|true|false|null)$/.test(text)
  return isBare && isJson ? text : JSON.stringify(text)
})
const anyMember = fc.oneof(
  { weight: 6, arbitrary: jsonValue },
  {
    weight: 1,
    arbitrary: fc.oneof(jsonText, fc.constantFrom('null', '[]', '"\\u0000"', '"\\ud800\\u00e9"')),
  },
)

const nested = fc
  .array(fc.tuple(fc.constantFrom(...fields, 'y'), anyMember), { maxLength: 9 })
  .map(members => `{"a":1,"x":{${members.map(([key, value]) => `"${key}":${value}`).join(',')}},"msg":"m"}`)
const flat = fc
  .array(fc.tuple(fc.constantFrom(...fields, 'y', 'host'), anyMember), { maxLength: 9 })
  .map(members => `{${members.map(([key, value]) => `"x.${key}":${value}`).join(',')}}`)
const pairs = fc
  .array(fc.tuple(fc.constantFrom(...fields, 'y'), fc.tuple(typedText, fc.boolean())), {
    minLength: 1,
    maxLength: 9,
  })
  .map(members =>
    members
      .map(([key, [text, isWord]]) => {
        const value = isWord && asWord(text) === text ? text : JSON.stringify(text)
        return `x.${key}=${value}`
      })
      .join(' '),
  )
const asBytes = (text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> =>
  text.map(value => Buffer.from(value))

const cases: readonly [Partial<ParserSettings>, fc.Arbitrary<Uint8Array | null>][] = [
  [
    { format: 'json', columns },
    asBytes(fc.oneof(nested, flat, jsonText).filter(text => isUsable(Buffer.from(text)))),
  ],
  [{ format: 'logfmt', columns }, fc.oneof(asBytes(pairs), anyText)],
]
for (const [changes, values] of cases) {
  test(`rows are the twin's with ${changes.format}`, () => {
    const bench = createBench(changes)
    const settings = { ...defaultSettings, ...changes }
    fc.assert(
      fc.property(fc.array(recordOf(values), { minLength: 1, maxLength: 8 }), records =>
        checkRecords(bench, settings, records),
      ),
      runs(600),
    )
  })
}

const withColumns = (count: number): ExtraColumn[] =>
  Array.from({ length: count }, (_, i) => ({
    name: `c${i}`,
    from: `c${i}`,
    type: i % 2 ? 'integer' : 'text',
  }))

test('32 columns are filled, each in its place', () => {
  const bench = createBench({ columns: withColumns(32) })
  const all = Object.fromEntries(Array.from({ length: 32 }, (_, i) => [`c${31 - i}`, i % 3 ? i : 'x']))
  const { rows, result } = bench.parse(encodeBatch({ records: [{ value: JSON.stringify(all) }] }))
  const value = (i: number) => all[`c${i}`]!
  const expected = Array.from({ length: 32 }, (_, i) =>
    i % 2 ? (typeof value(i) === 'number' ? BigInt(value(i)) : null) : String(value(i)),
  )
  assert.equal(rows[0]!.extras, expected)
  assert.is(result.sanitized, 1)
})

test('the longest names of 32 columns fit beside the longest aliases', () => {
  const name = (letter: string, i: number): string =>
    [1, 2, 3, 4].map(part => `${letter}${part}${i}`.padEnd(part === 4 ? 15 : 15, 'x')).join('.')
  const aliases = Object.fromEntries(
    Object.keys(defaultSettings.aliases).map((column, n) => [
      column,
      Array.from({ length: 9 }, (_, i) => name('abcdefg'[n]!, i)),
    ]),
  ) as unknown as ParserSettings['aliases']
  const many = withColumns(32).map((column, i) => ({ ...column, from: name('z', i) }))
  buildImage({ ...defaultSettings, aliases, columns: many })
  assert.throws(() => buildImage({ ...defaultSettings, columns: withColumns(33) }), /more than 32/)
})

test.run()

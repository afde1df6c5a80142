/**
 * Outputs of every size: going on where one was full, rows and dead letters that ask for more room.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import {
  DEAD_NOT_JSON,
  DEAD_RECORD_TOO_LARGE,
  DEAD_VALUE_TOO_LARGE,
  MAX_ROWS,
} from '../../src/kernel/memory-map.ts'
import { anyRecord, runs } from '../kernel/arbitraries.ts'
import { createBench, NOW, type Parsed } from '../kernel/harness.ts'
import { inOrder } from '../kernel/twin.ts'
import type { Row } from '../reference/copy-row.ts'
import { encodeBatch, GZIP } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse: outputs', { timeoutMs: 60_000 })
const bench = createBench()

/** The rows, in whatever order the members of attrs are. */
const rowsOf = ({ rows }: Parsed): Row[] =>
  rows.map(({ tableOffset, valueBytes, ...row }) => ({ ...row, attrs: inOrder(row.attrs) }))

test('going on in small outputs gives the rows of one large output', () => {
  const small = createBench({ keys: true, headers: true, maxRecordBytes: 16384 })
  const record = fc.oneof(
    { weight: 9, arbitrary: anyRecord },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 16384 }).map(length => ({ value: 'x'.repeat(length) })),
    },
    {
      weight: 1,
      arbitrary: fc.integer({ min: 1, max: 5000 }).map(length => ({ value: Buffer.alloc(length, 0xff) })),
    },
  )
  const batch = fc.tuple(fc.array(record, { minLength: 1, maxLength: 30 }), fc.boolean())
  const sizes = fc.array(fc.integer({ min: 512, max: 8192 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(fc.array(batch, { minLength: 1, maxLength: 3 }), sizes, (batches, regions) => {
      let baseOffset = 0
      const encoded = batches.map(([records, isPacked]) => {
        const bytes = encodeBatch({
          records,
          baseOffset,
          baseTimestamp: NOW,
          attributes: isPacked ? GZIP : 0,
        })
        baseOffset += records.length
        return bytes
      })
      const input = Buffer.concat(encoded)
      const whole = small.parse(input)
      assert.is(whole.result.stop, null)
      const parts = small.parseAll(input, turn => regions[turn % regions.length]! & ~7)
      assert.equal(
        parts.flatMap(part => rowsOf(part)),
        rowsOf(whole),
      )
      assert.equal(
        parts.flatMap(part => part.deadLetters.map(letter => [letter.offset, letter.code])),
        whole.deadLetters.map(letter => [letter.offset, letter.code]),
      )
      const sum = (of: (part: Parsed) => number): number => parts.reduce((total, part) => total + of(part), 0)
      for (const name of ['skipped', 'valueBytes', 'malformed', 'sanitized'] as const) {
        assert.is(
          sum(part => part.result[name]),
          whole.result[name],
          name,
        )
      }
      assert.is(parts.at(-1)!.result.nextOffset, whole.result.nextOffset)
      assert.equal(parts.at(-1)!.result.fingerprint, whole.result.fingerprint)
    }),
    runs(150),
  )
})

test('a value above max_record_bytes is a dead letter with all of its bytes', () => {
  const value = Buffer.alloc(65537, 0x61)
  const { deadLetters } = bench.parse(
    encodeBatch({
      records: [
        {
          value,
          key: 'k',
          headers: [
            ['h', null],
            ['i', 'v'],
          ],
        },
      ],
      baseTimestamp: NOW,
    }),
  )
  const [letter] = deadLetters
  assert.equal(
    [letter!.code, letter!.offset, letter!.timestampMs, letter!.hasPayload],
    [DEAD_VALUE_TOO_LARGE, 0, NOW, true],
  )
  assert.equal([letter!.key, letter!.value], [Buffer.from('k'), value])
  assert.equal(letter!.headers, [
    ['h', null],
    ['i', Buffer.from('v')],
  ])
})

test('a dead letter that an empty output cannot hold goes without its bytes', () => {
  const records = [{ value: '{}' }, { value: Buffer.alloc(65537) }, { value: '{}' }]
  const parts = bench.parseAll(encodeBatch({ records }), () => 8192)
  assert.equal(
    parts.map(part => part.result.stop),
    ['output_full', null],
  )
  const [letter] = parts[1]!.deadLetters
  assert.equal([letter!.hasPayload, letter!.valueLength, letter!.value], [false, 65537, null])
  assert.is(parts.flatMap(part => part.rows).length, 2)
})

test('an inflated record that the window cannot hold is a dead letter, and its neighbours pass', () => {
  const records = [
    { value: '{"n":1}' },
    { value: Buffer.alloc(700_000, 0x20), key: 'k' },
    { value: '{"n":2}' },
  ]
  const { rows, deadLetters } = bench.parse(encodeBatch({ records, attributes: GZIP }))
  assert.equal(
    rows.map(row => row.attrs),
    ['{"n":1}', '{"n":2}'],
  )
  assert.equal(
    [deadLetters[0]!.code, deadLetters[0]!.hasPayload, deadLetters[0]!.offset],
    [DEAD_RECORD_TOO_LARGE, false, 1],
  )
})

test('dead letters come by offset, and rows go on around them', () => {
  const strict = createBench({ malformed: 'dead_letter' })
  const records = ['{}', 'x', '{}', 'yy', null, '{}'].map(value => ({ value }))
  const parsed = strict.parse(encodeBatch({ records }))
  assert.equal(
    parsed.rows.map(row => row.offset),
    [0, 2, 4, 5],
  )
  assert.equal(
    parsed.deadLetters.map(letter => [letter.offset, letter.code, String(letter.value)]),
    [
      [1, DEAD_NOT_JSON, 'x'],
      [3, DEAD_NOT_JSON, 'yy'],
    ],
  )
  assert.is(parsed.result.malformed, 0)
})

test('a row that needs a larger output asks for it, and fits the jumbo', () => {
  const value = Buffer.alloc(65536, 0xff)
  const parts = bench.parseAll(encodeBatch({ records: [{ value }, { value: '{}' }] }), () => 16384)
  assert.equal(
    parts.map(part => part.result.stop),
    ['row_too_large', null],
  )
  assert.is(parts[1]!.rows[0]!.message, '\ufffd'.repeat(65536))
})

test('many small rows leave room for their table', () => {
  const records = Array.from({ length: 20_000 }, (_, i) => ({ value: i % 50 ? '{}' : `{"service":"s${i}"}` }))
  const input = encodeBatch({ records, baseTimestamp: NOW })
  for (const regionBytes of [65536, 262_144, 1 << 20]) {
    const parts = bench.parseAll(input, () => regionBytes)
    assert.equal(
      parts.flatMap(part => part.rows.map(row => row.offset)),
      records.map((_, offset) => offset),
    )
    assert.ok(
      parts
        .slice(0, -1)
        .every(part => part.result.usedBytes > regionBytes * 0.9 || part.rows.length === MAX_ROWS),
    )
  }
})

test.run()

/**
 * The kernel against its twin (test/reference/record.ts), over fuzzed records; and the twins against the platform.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { ParserSettings } from '../../src/parse/contract.ts'
import { encodeRow } from '../reference/copy-row.ts'
import { parseJson, printJson } from '../reference/json.ts'
import { encodeBatch, type TestRecord } from '../reference/kafka-batch.ts'
import { type Expected, expectedOf } from '../reference/record.ts'
import { decodeUtf8, sanitize } from '../reference/text.ts'
import { suite } from '../support/suite.ts'
import { anyRecord, anyValue, brokenJson, jsonText, runs } from './arbitraries.ts'
import { type Bench, createBench, defaultSettings, NOW, type Parsed } from './harness.ts'

const test = suite('kernel: records', { timeoutMs: 120_000 })

/** What the twin says of the records of one batch at offset 0. */
function expectAll(records: readonly TestRecord[], settings: ParserSettings): (Expected | number)[] {
  return records.map((record, offset) =>
    expectedOf(record, {
      settings,
      kafkaTimeMs: NOW + (record.timeDelta ?? 0),
      nowMs: NOW,
      topicId: 7,
      partition: 3,
      offset,
    }),
  )
}

function compare(parsed: Parsed, expected: readonly (Expected | number)[]): void {
  const rows = expected.filter(outcome => typeof outcome !== 'number')
  const codes = expected.flatMap((outcome, offset) =>
    typeof outcome === 'number' ? [[offset, outcome]] : [],
  )
  assert.equal(
    parsed.deadLetters.map(letter => [letter.offset, letter.code]),
    codes,
  )
  assert.is(parsed.rows.length, rows.length)
  parsed.rows.forEach((row, index) => {
    const { tableOffset, valueBytes, ...fields } = row
    assert.is(tableOffset, row.offset)
    JSON.parse(row.attrs)
    assert.equal({ ...fields, attrs: printJson(parseJson(row.attrs)) }, rows[index]!.row)
  })
  const { result } = parsed
  assert.is(result.malformed, rows.filter(row => row.isMalformed).length)
  assert.is(result.sanitized, rows.filter(row => row.isSanitized).length)
}

function checkProperty(bench: Bench, settings: ParserSettings, records: readonly TestRecord[]): void {
  const input = encodeBatch({ records, baseTimestamp: NOW })
  compare(bench.parse(input), expectAll(records, settings))
}

for (const changes of [
  {},
  { keys: true, headers: true },
  { malformed: 'dead_letter' },
] as Partial<ParserSettings>[]) {
  test(`rows and dead letters are the twin's with ${JSON.stringify(changes)}`, () => {
    const bench = createBench(changes)
    const settings = { ...defaultSettings, ...changes }
    fc.assert(
      fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 12 }), records =>
        checkProperty(bench, settings, records),
      ),
      runs(600),
    )
  })
}

test('a row is byte for byte what the plain encoder makes of its fields', () => {
  const bench = createBench()
  fc.assert(
    fc.property(fc.array(anyValue, { minLength: 1, maxLength: 5 }), values => {
      const { rows, copy } = bench.parse(encodeBatch({ records: values.map(value => ({ value })) }))
      assert.equal(copy, Buffer.concat(rows.map(encodeRow)))
    }),
    runs(200),
  )
})

test('the JSON twin takes what JSON.parse takes', () => {
  const taken = (parse: () => unknown): boolean => {
    try {
      parse()
      return true
    } catch {
      return false
    }
  }
  fc.assert(
    fc.property(
      fc.oneof(
        brokenJson,
        jsonText.map(text => Buffer.from(text)),
      ),
      bytes => {
        const text = decodeUtf8(bytes)
        assert.is(
          taken(() => parseJson(text)),
          taken(() => JSON.parse(text)),
        )
        if (taken(() => JSON.parse(text)))
          assert.equal(JSON.parse(printJson(parseJson(text))), JSON.parse(text))
      },
    ),
    runs(1000),
  )
})

test('the text twin replaces as TextDecoder does', () => {
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), bytes => {
      const expected = decoder.decode(bytes).replaceAll('\0', '\ufffd').replaceAll('\ue000', '\ufffd')
      assert.is(sanitize(decodeUtf8(bytes)).text, expected)
    }),
    runs(2000),
  )
})

test.run()

/**
 * The kernel against its twin (test/reference/record.ts), over fuzzed records; and the twins against the platform.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { ParserSettings } from '../../src/parse/contract.ts'
import { encodeRow } from '../reference/copy-row.ts'
import { parseJson, printJson } from '../reference/json.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { decodeUtf8, sanitize } from '../reference/text.ts'
import { suite } from '../support/suite.ts'
import { anyRecord, anyValue, brokenJson, jsonText, runs } from './arbitraries.ts'
import { createBench, defaultSettings } from './harness.ts'
import { checkRecords } from './twin.ts'

const test = suite('kernel: records', { timeoutMs: 120_000 })

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
        checkRecords(bench, settings, records),
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

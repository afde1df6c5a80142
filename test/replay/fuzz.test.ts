/** Dead letters by property: whatever was kept of one, it is a row that can be read, or the reason why not (src/replay). */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { LetterParser } from '../../src/replay/parser.ts'
import type { Letter, Parsed } from '../../src/sink/replay.ts'
import { brokenJson, jsonText, runs } from '../kernel/arbitraries.ts'
import { defaultSettings } from '../kernel/harness.ts'
import { decodeRow, encodeRow } from '../reference/copy-row.ts'
import { suite } from '../support/suite.ts'

const test = suite('replay, fuzzed', { timeoutMs: 60_000 })
const kafkaMs = 1_750_000_000_000
const parser = new LetterParser([{ ...defaultSettings, keys: true, headers: true }], () => 0)

const bytes = fc.uint8Array({ maxLength: 80 }).map(list => Buffer.from(list))
const orNull = <T>(each: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(each)
const header = fc.tuple(fc.string(), orNull(fc.base64String()))
const headers = fc.oneof(
  fc.array(header, { maxLength: 4 }).map(list => Buffer.from(JSON.stringify(list))),
  fc.jsonValue().map(value => Buffer.from(JSON.stringify(value))),
  bytes,
)
const place = { topic: 't', topicId: 7, partition: 3 }

function assertSound(parsed: Parsed, offset?: number): void {
  if ('reason' in parsed) {
    assert.ok(parsed.reason.length > 0)
    return
  }
  const row = decodeRow(parsed.row.copy)
  if (offset !== undefined) assert.is(row.offset, offset)
  assert.ok(Number.isFinite(parsed.row.ts) && parsed.row.segments.every(Number.isFinite))
}

test('of the record', () => {
  const raw = orNull(
    fc.oneof(
      jsonText.map(text => Buffer.from(text)),
      brokenJson,
      bytes,
    ),
  )
  fc.assert(
    fc.property(raw, orNull(bytes), orNull(headers), fc.maxSafeNat(), (value, key, kept, offset) => {
      const letter: Letter = { ...place, offset, kafkaMs, key, raw: value, headers: kept, encoded: null }
      assertSound(parser.parse(letter), offset)
    }),
    runs(1_000),
  )
})

const row = encodeRow({
  ts: BigInt(kafkaMs) * 1000n,
  severity: 9,
  service: 'web',
  host: null,
  traceId: null,
  spanId: null,
  message: 'm',
  attrs: '{}',
  topicId: 7,
  partition: 3,
  offset: 5,
  extras: [],
})

test('of the row that was refused, cut or damaged too: only the sizes are looked at, Postgres judges the rest', () => {
  const whole = { ...place, offset: 5, kafkaMs: null, key: null, raw: null, headers: null }
  assertSound(parser.parse({ ...whole, encoded: row }), 5)
  for (let size = 0; size < row.length; size++)
    assert.ok(
      'reason' in parser.parse({ ...whole, encoded: Buffer.from(row.subarray(0, size)) }),
      `${size} bytes`,
    )
  const edit = fc.tuple(fc.nat({ max: row.length - 1 }), fc.nat({ max: 255 }))
  fc.assert(
    fc.property(fc.array(edit, { maxLength: 4 }), fc.oneof(fc.constant(row), bytes), (edits, given) => {
      const encoded = Buffer.from(given)
      for (const [at, byte] of edits) if (at < encoded.length) encoded[at] = byte
      const parsed = parser.parse({ ...whole, encoded })
      if ('reason' in parsed) assert.ok(parsed.reason.length > 0)
      else assert.ok(parsed.row.copy.equals(encoded))
    }),
    runs(1_500),
  )
})

test.run()

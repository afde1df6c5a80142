/**
 * The worker's way through Kafka batches: offsets, gaps, what it refuses, and going on where an output was full.
 */
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { codecs } from '../../src/codecs/codec.ts'
import { compress } from '../../src/codecs/compress.ts'
import { anyRecord, runs } from '../kernel/arbitraries.ts'
import { createBench, NOW, type Parsed } from '../kernel/harness.ts'
import {
  CONTROL,
  encodeBatch,
  encodeRecord,
  GZIP,
  LOG_APPEND_TIME,
  type TestBatch,
  type TestRecord,
  TRANSACTIONAL,
} from '../reference/kafka-batch.ts'
import '../support/decoders.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse: batch walk', { timeoutMs: 60_000 })
const bench = createBench()

const numbered = (count: number, first = 0): TestRecord[] =>
  Array.from({ length: count }, (_, index) => ({ value: `{"n":${first + index}}` }))
const offsets = (parsed: Parsed): number[] => parsed.rows.map(row => row.offset)
const concat = (...batches: TestBatch[]): Buffer => Buffer.concat(batches.map(encodeBatch))

test('batches are gone through in order, and the position is behind the last', () => {
  const parsed = bench.parse(concat({ records: numbered(3) }, { records: numbered(2, 3), baseOffset: 3 }))
  assert.equal(offsets(parsed), [0, 1, 2, 3, 4])
  assert.is(parsed.result.nextOffset, 5)
  assert.is(parsed.result.stop, null)
  assert.is(parsed.result.fingerprint?.baseOffset, 3)
})

test('compacted offsets and the tail of a batch are passed as skipped', () => {
  const records = [
    { value: '{}', offsetDelta: 2 },
    { value: '{}', offsetDelta: 5 },
  ]
  const parsed = bench.parse(concat({ records, baseOffset: 10, lastOffsetDelta: 9 }), { fromOffset: 10 })
  assert.equal(offsets(parsed), [12, 15])
  assert.equal([parsed.result.nextOffset, parsed.result.skipped], [20, 8])
})

test('control batches and empty batches are passed', () => {
  const parsed = bench.parse(
    concat(
      { records: numbered(1) },
      {
        records: [{ key: Buffer.alloc(4), value: Buffer.alloc(6) }],
        baseOffset: 1,
        attributes: CONTROL | TRANSACTIONAL,
      },
      { records: [], baseOffset: 2, lastOffsetDelta: 4 },
      { records: numbered(1), baseOffset: 7 },
    ),
  )
  assert.equal(offsets(parsed), [0, 7])
  assert.is(parsed.result.skipped, 6)
})

test('offsets below from and at or behind to are left alone', () => {
  const input = concat({ records: numbered(5) }, { records: numbered(5, 5), baseOffset: 5 })
  const parsed = bench.parse(input, { fromOffset: 3, toOffset: 7 })
  assert.equal(offsets(parsed), [3, 4, 5, 6])
  assert.equal(
    [parsed.result.nextOffset, parsed.result.skipped, parsed.result.fingerprint?.baseOffset],
    [7, 0, 5],
  )
  assert.equal(offsets(bench.parse(input, { fromOffset: 5, toOffset: 5 })), [])
})

test('a gap that reaches to is passed, without a fingerprint', () => {
  const parsed = bench.parse(concat({ records: numbered(2) }, { records: numbered(1), baseOffset: 9 }), {
    toOffset: 6,
  })
  assert.equal([parsed.result.nextOffset, parsed.result.skipped, parsed.result.fingerprint], [6, 4, null])
})

test('a batch that fails its checksum stops the walk in front of it', () => {
  const input = concat({ records: numbered(2) }, { records: numbered(2, 2), baseOffset: 2 })
  input[input.length - 1]! ^= 1
  const { result } = bench.parse(input)
  assert.equal(
    [result.rows, result.nextOffset, result.stop, result.fingerprint?.baseOffset],
    [2, 2, 'corrupt', 0],
  )
})

/** A sound record whose length takes six bytes: one more than an int may. */
function overlongRecord(): Buffer {
  const [length, ...rest] = encodeRecord({ value: '{}' }, 0)
  return Buffer.from([length! | 0x80, 0x80, 0x80, 0x80, 0x80, 0x00, ...rest])
}

type Refused = readonly [string, TestBatch, string, RegExp]
const packings = codecs.slice(1).map((codec, index) => [codec, index + 1] as const)

const refused: readonly Refused[] = [
  ['a codec that is none', { records: numbered(1), attributes: 5 }, 'unsupported', /codec 5/],
  ['magic 0', { records: numbered(1), magic: 0 }, 'unsupported', /message format 0/],
  ['magic 1', { records: numbered(1), magic: 1 }, 'unsupported', /message format 1/],
  ['magic 3', { records: numbered(1), magic: 3 }, 'corrupt', /magic 3/],
  ...packings.flatMap(([codec, attributes]): Refused[] => [
    [
      `what is not ${codec}`,
      { records: numbered(1), attributes, body: Buffer.from('no') },
      'corrupt',
      new RegExp(codec),
    ],
    [
      `${codec} above max_batch_bytes`,
      { records: numbered(1), attributes, body: compress(codec, Buffer.alloc((1 << 20) + 1)) },
      'unsupported',
      /max_batch_bytes/,
    ],
  ]),
  ['a varint of six bytes', { records: numbered(1), body: overlongRecord() }, 'corrupt', /grammar/],
  ['too few records', { records: numbered(2), recordCount: 3 }, 'corrupt', /grammar/],
  ['too many records', { records: numbered(2), recordCount: 1 }, 'corrupt', /grammar/],
  ['too many gzip records', { records: numbered(2), recordCount: 1, attributes: GZIP }, 'corrupt', /grammar/],
  ['an offset behind the last', { records: numbered(2), lastOffsetDelta: 0 }, 'corrupt', /grammar/],
  [
    'offsets that run backwards',
    {
      records: [
        { value: '', offsetDelta: 1 },
        { value: '', offsetDelta: 0 },
      ],
      lastOffsetDelta: 2,
    },
    'corrupt',
    /grammar/,
  ],
]
for (const [name, batch, stop, reason] of refused) {
  test(`${name} halts with the reason`, () => {
    const { result } = bench.parse(concat({ records: numbered(1) }, { ...batch, baseOffset: 1 }))
    assert.is(result.stop, stop)
    assert.match(result.stopReason, reason)
    assert.ok(result.nextOffset >= 1)
  })
}

test('batches that overlap halt', () => {
  const { result } = bench.parse(concat({ records: numbered(3) }, { records: numbered(3), baseOffset: 2 }))
  assert.equal([result.stop, result.nextOffset], ['corrupt', 3])
})

test('every codec gives the rows that plain gives', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { maxLength: 20 }),
      fc.constantFrom(1, 2, 3, 4),
      (records, attributes) => {
        const plain = bench.parse(encodeBatch({ records, baseTimestamp: NOW }))
        const packed = bench.parse(encodeBatch({ records, baseTimestamp: NOW, attributes }))
        assert.equal(packed.copy, plain.copy)
        assert.equal(
          { ...packed.result, workerMs: 0, fingerprint: null },
          { ...plain.result, workerMs: 0, fingerprint: null },
        )
      },
    ),
    runs(400),
  )
})

test('records of any bytes, with a right checksum, stay inside their bounds', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 200 }),
      fc.integer({ min: 0, max: 5 }),
      fc.boolean(),
      (bytes, recordCount, isPacked) => {
        const body = isPacked ? gzipSync(bytes) : bytes
        bench.parse(
          encodeBatch({
            records: [],
            body,
            recordCount,
            lastOffsetDelta: 10,
            attributes: isPacked ? GZIP : 0,
          }),
        )
      },
    ),
    runs(1000),
  )
})

test('a damaged record of a sound batch stays inside its bounds', () => {
  fc.assert(
    fc.property(
      fc.array(anyRecord, { minLength: 1, maxLength: 4 }),
      fc.nat(),
      fc.nat({ max: 255 }),
      (records, where, byte) => {
        const body = Buffer.concat(records.map(encodeRecord))
        body[where % body.length] = byte
        bench.parse(encodeBatch({ records, body }))
      },
    ),
    runs(1000),
  )
})

test('any bytes as input end in a verdict', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), bytes => {
      assert.is.not(bench.parse(bytes).result.stop, null)
    }),
    runs(500),
  )
})

test('LogAppendTime gives every record the batch’s time', () => {
  const records = [{ value: '{}', timeDelta: -5 }]
  const [row] = bench.parse(
    encodeBatch({ records, attributes: LOG_APPEND_TIME, baseTimestamp: 5, maxTimestamp: NOW - 1000 }),
  ).rows
  assert.is(row!.ts, BigInt(NOW - 1000) * 1000n)
})

test('a Kafka time that cannot be gives way to the clock', () => {
  for (const time of [-1, 0, NOW + 3_600_001]) {
    const { rows, result } = bench.parse(encodeBatch({ records: [{ value: '{}' }], baseTimestamp: time }))
    assert.equal([rows[0]!.ts, rows[0]!.attrs], [BigInt(NOW) * 1000n, `{"lc.kafka_ts":${time}}`])
    assert.is(result.firstTimestampMs, NOW)
  }
})

test.run()

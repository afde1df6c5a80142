/**
 * The batch encoder against kafkajs' decoder, which also knows gzip, and against its layout.
 */
import { crc32c } from '@node-rs/crc32'
import Decoder from 'kafkajs/src/protocol/decoder.js'
import decodeBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'
import * as assert from 'uvu/assert'
import { BatchEncoder, encodeHeaders, noHeaders } from '../../src/produce/encode-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('encode-batch.ts')
const nowMs = 1_750_000_000_000
const value = Buffer.from('__{"msg":"grüße"}__')
const [start, end] = [2, value.length - 2]
const decode = (bytes: Buffer) => decodeBatch(new Decoder(Buffer.from(bytes)))

for (const codec of ['none', 'gzip'] as const) {
  test(`another client reads what it writes, ${codec}`, async () => {
    const encoder = new BatchEncoder(4096)
    const headers = encodeHeaders({ source: 'test', ümlaut: '✓' })
    encoder.append(value, start, end, Buffer.from('key'), headers, nowMs, 7)
    encoder.append(null, 0, 0, null, noHeaders, nowMs + 5, 8)
    encoder.append(value, 0, 0, Buffer.alloc(0), noHeaders, nowMs - 3, 9)
    const { records } = await decode(encoder.finish(codec).stamp(1n, 0, 0))
    assert.equal(
      records.map(({ key, value }) => [key?.toString() ?? null, value?.toString() ?? null]),
      [
        ['key', '{"msg":"grüße"}'],
        [null, null],
        ['', ''],
      ],
    )
    assert.equal(
      records.map(({ timestamp }) => Number(timestamp) - nowMs),
      [0, 5, -3],
    )
    const texts = Object.entries(records[0]!.headers).map(([key, text]) => [key, String(text)])
    assert.equal(texts, [
      ['source', 'test'],
      ['ümlaut', '✓'],
    ])
    assert.equal(encoder.indexes, [7, 8, 9])
  })
}

test('lengths around the borders of varints come back whole', async () => {
  const lengths = [0, 1, 63, 64, 127, 128, 8191, 8192, 16_383, 16_384, 100_000]
  const big = Buffer.alloc(100_000, 'x')
  const encoder = new BatchEncoder()
  for (const length of lengths) assert.ok(encoder.append(big, 0, length, null, noHeaders, nowMs, 0))
  const { records } = await decode(encoder.finish('none').stamp(-1n, -1, -1))
  assert.equal(
    records.map(({ value }) => value?.length),
    lengths,
  )
})

test('the header names the producer, the length and the checksum of the rest', () => {
  const encoder = new BatchEncoder(4096)
  encoder.append(value, start, end, null, noHeaders, nowMs, 0)
  encoder.append(value, start, end, null, noHeaders, nowMs + 9, 1)
  const bytes = encoder.finish('none').stamp(123_456_789_012n, 3, 77)
  assert.is(bytes.readInt32BE(8), bytes.length - 12)
  assert.is(bytes.readInt8(16), 2)
  assert.is(bytes.readUInt32BE(17), crc32c(bytes.subarray(21)))
  assert.is(bytes.readInt32BE(23), 1)
  assert.is(Number(bytes.readBigInt64BE(35)), nowMs + 9)
  assert.is(bytes.readBigInt64BE(43), 123_456_789_012n)
  assert.is(bytes.readInt16BE(51), 3)
  assert.is(bytes.readInt32BE(53), 77)
  assert.is(bytes.readInt32BE(57), 2)
})

test('a full batch refuses, an empty one takes a record of any size, a reset one starts anew', async () => {
  const encoder = new BatchEncoder(1024)
  const large = Buffer.alloc(5000, 'y')
  let count = 0
  while (encoder.append(large, 0, 100, null, noHeaders, nowMs, count)) count++
  assert.ok(count > 4 && encoder.bytes <= 1024)
  assert.is(encoder.count, count)
  encoder.reset()
  assert.ok(encoder.append(large, 0, 5000, null, noHeaders, nowMs, 0))
  const { records } = await decode(encoder.finish('none').stamp(1n, 0, 0))
  assert.equal(
    records.map(record => record.value?.length),
    [5000],
  )
})

test.run()

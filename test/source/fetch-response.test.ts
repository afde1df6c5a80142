/** Fetch responses of version 11 made by hand: the transactions that they list, and record sets of every format. */
import * as assert from 'uvu/assert'
import { readFetchResponse, wholeBatches } from '../../src/source/kafka/fetch-response.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('source: fetch response')

const viewOf = (bytes: Buffer): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const int32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value])
const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

/** One partition with the list given, null as Kafka writes it, and so many bytes of records. */
function responseOf(aborted: readonly (readonly [number, number])[] | null, bytes: number): Buffer {
  const list = aborted?.flatMap(([producerId, first]) => [int64(producerId), int64(first)]) ?? []
  return Buffer.concat([
    ...[int32(0), int16(0), int32(0), int32(1), int16(1), Buffer.from('t'), int32(1)],
    ...[int32(3), int16(0), int64(90), int64(80), int64(5), int32(aborted?.length ?? -1), ...list],
    ...[int32(-1), int32(bytes), Buffer.alloc(bytes)],
  ])
}

test('the list of aborted transactions lies where it says, and so do the records', () => {
  const frame = responseOf(
    [
      [7, 40],
      [8, 41],
    ],
    10,
  )
  const [partition] = readFetchResponse(viewOf(frame), 0, frame.length).partitions
  const { abortedAt, abortedCount, address, bytes, highWatermark, lastStable, logStart } = partition!
  assert.equal([highWatermark, lastStable, logStart, abortedCount], [90, 80, 5, 2])
  assert.equal([frame.readBigInt64BE(abortedAt + 16), frame.readBigInt64BE(abortedAt + 24)], [8n, 41n])
  assert.equal([address, bytes], [frame.length - 10, 10])
})

test('no list at all', () => {
  const frame = responseOf(null, 4)
  const [partition] = readFetchResponse(viewOf(frame), 0, frame.length).partitions
  assert.equal([partition!.abortedCount, partition!.bytes], [0, 4])
})

test('a list that is longer than the frame is refused', () => {
  const frame = responseOf([[7, 40]], 0)
  frame.writeInt32BE(1000, frame.length - 8 - 16 - 4)
  assert.throws(() => readFetchResponse(viewOf(frame), 0, frame.length), /ends too early/)
})

/** offset i64, size i32, crc u32, magic i8, attributes i8, (timestamp i64), key −1, value: the formats 0 and 1. */
function oldMessage(magic: 0 | 1, offset: number, value: string): Buffer {
  const body = Buffer.concat([
    ...[Buffer.alloc(4), Buffer.from([magic, 0]), magic === 1 ? int64(1) : Buffer.alloc(0)],
    ...[int32(-1), int32(value.length), Buffer.from(value)],
  ])
  return Buffer.concat([int64(offset), int32(body.length), body])
}

for (const magic of [0, 1] as const) {
  test(`messages of format ${magic}, however short, are whole, so that the parser names them`, () => {
    const set = Buffer.concat([oldMessage(magic, 5, ''), oldMessage(magic, 6, 'some text')])
    assert.equal(
      wholeBatches(viewOf(set), 0, set.length, 5, { mayBegin: () => false, mayEnd: () => false }),
      {
        bytes: set.length,
        nextOffset: 7,
        isDoubtful: false,
      },
    )
  })
}

test('batches up to a cut one', () => {
  const set = Buffer.concat(
    [0, 2].map(baseOffset => encodeBatch({ records: [{ value: 'a' }, { value: 'b' }], baseOffset })),
  )
  const half = set.length / 2
  const isSame = (expected: number, offset: number): boolean => expected === offset
  const inOrder = { mayBegin: isSame, mayEnd: isSame }
  const read = (bytes: number, from: number) => wholeBatches(viewOf(set), 0, bytes, from, inOrder)
  assert.equal(read(set.length, 0), { bytes: set.length, nextOffset: 4, isDoubtful: false })
  assert.equal(read(set.length - 1, 0), { bytes: half, nextOffset: 2, isDoubtful: false })
  assert.equal(read(set.length, 1), { bytes: 0, nextOffset: null, isDoubtful: true })
  // As if a bit had flipped on the way.
  set[half + 6] = 1
  assert.equal(read(set.length, 0), { bytes: half, nextOffset: 2, isDoubtful: true })
  set[half + 6] = 0
  // Its last offset, which is under the checksum, does not fit the number of its records.
  set[half + 24] = 1
  assert.equal(read(set.length, 0), { bytes: half, nextOffset: 2, isDoubtful: true })
})

test.run()

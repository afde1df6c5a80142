/**
 * Fetch responses by property: what was encoded is read back, and whatever bytes come, what is read lies inside of the
 * frame or there is a RangeError (src/source/kafka/fetch-response.ts).
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { firstBatch, readFetchResponse, wholeBatches } from '../../src/source/kafka/fetch-response.ts'
import { runs } from '../kernel/arbitraries.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('source: fetch response, fuzzed', { timeoutMs: 60_000 })

const int16 = (value: number): Buffer => Buffer.from([value >> 8, value & 255])
const int32 = (value: number): Buffer => Buffer.from([value >> 24, value >> 16, value >> 8, value])
const int64 = (value: number): Buffer => {
  const bytes = Buffer.alloc(8)
  bytes.writeBigInt64BE(BigInt(value))
  return bytes
}

const offset = fc.maxSafeNat()
const partition = fc.record({
  partition: fc.nat({ max: 1000 }),
  errorCode: fc.integer({ min: -1, max: 120 }),
  highWatermark: offset,
  lastStable: offset,
  logStart: offset,
  aborted: fc.array(fc.tuple(offset, offset), { maxLength: 4 }),
  records: fc.uint8Array({ maxLength: 40 }),
})
const response = fc.record({
  throttleMs: fc.nat(),
  errorCode: fc.integer({ min: 0, max: 120 }),
  topics: fc.array(
    fc.record({ name: fc.string({ maxLength: 20 }), partitions: fc.array(partition, { maxLength: 4 }) }),
    { maxLength: 4 },
  ),
})
type Response = typeof response extends fc.Arbitrary<infer T> ? T : never

function encode({ throttleMs, errorCode, topics }: Response): Buffer {
  const parts = [int32(throttleMs), int16(errorCode), int32(0), int32(topics.length)]
  for (const { name, partitions } of topics) {
    parts.push(int16(Buffer.byteLength(name)), Buffer.from(name), int32(partitions.length))
    for (const each of partitions) {
      parts.push(int32(each.partition), int16(each.errorCode))
      parts.push(int64(each.highWatermark), int64(each.lastStable), int64(each.logStart))
      parts.push(
        int32(each.aborted.length),
        ...each.aborted.flatMap(([id, first]) => [int64(id), int64(first)]),
      )
      parts.push(int32(-1), int32(each.records.length), Buffer.from(each.records))
    }
  }
  return Buffer.concat(parts)
}

/** In the middle of more, as in the arena. */
const BEFORE = 64
const placed = (frame: Uint8Array): DataView => {
  const all = new Uint8Array(BEFORE + frame.length + 64).fill(0x7f)
  all.set(frame, BEFORE)
  return new DataView(all.buffer)
}

test('what was encoded is read back', () => {
  fc.assert(
    fc.property(response, given => {
      const frame = encode(given)
      const view = placed(frame)
      const read = readFetchResponse(view, BEFORE, frame.length)
      assert.equal([read.throttleMs, read.errorCode], [given.throttleMs, given.errorCode])
      const expected = given.topics.flatMap(({ name, partitions }) =>
        partitions.map(each => ({ name, ...each })),
      )
      assert.is(read.partitions.length, expected.length)
      for (const [index, { abortedAt, abortedCount, address, bytes, ...rest }] of read.partitions.entries()) {
        const { aborted, name, records, ...facts } = expected[index]!
        assert.equal(rest, { topic: name, ...facts })
        assert.equal(new Uint8Array(view.buffer, address, bytes), records)
        const list = Array.from({ length: abortedCount }, (_, n) => [
          Number(view.getBigInt64(abortedAt + 16 * n)),
          Number(view.getBigInt64(abortedAt + 16 * n + 8)),
        ])
        assert.equal(list, aborted)
      }
    }),
    runs(300),
  )
})

/** Reads it whole; what is handed out must lie inside. */
function readAll(frame: Uint8Array): void {
  const view = placed(frame)
  const end = BEFORE + frame.length
  const anywhere = { mayBegin: () => true, mayEnd: () => true }
  for (const { abortedAt, abortedCount, address, bytes } of readFetchResponse(view, BEFORE, frame.length)
    .partitions) {
    assert.ok(abortedAt >= BEFORE && abortedAt + 16 * abortedCount <= end)
    assert.ok(address >= BEFORE && bytes >= 0 && address + bytes <= end)
    const whole = wholeBatches(view, address, bytes, 0, anywhere)
    assert.ok(whole.bytes >= 0 && whole.bytes <= bytes)
    firstBatch(view, address, bytes)
  }
}

const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) })
const damaged = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc.tuple(bytes, fc.array(edit, { maxLength: 4 }), fc.option(fc.nat())).map(([given, edits, cut]) => {
    const changed = Uint8Array.from(given)
    for (const { at, byte } of edits) if (changed.length > 0) changed[at % changed.length] = byte
    return cut === null ? changed : changed.subarray(0, cut % (changed.length + 1))
  })

test('cut, damaged or made up, it is read inside of its bounds or refused', () => {
  const frames = fc.oneof(damaged(response.map(encode)), fc.uint8Array({ maxLength: 200 }))
  fc.assert(
    fc.property(frames, frame => {
      try {
        readAll(frame)
      } catch (error) {
        assert.instance(error, RangeError)
      }
    }),
    runs(2_000),
  )
})

test('a name with a length below zero leads nowhere', () => {
  // 2,147,483,647 topics, each of which would lead back to the first.
  const frame = Buffer.concat([
    int32(0),
    int16(0),
    int32(0),
    int32(0x7fffffff),
    int16(-6),
    int32(0),
    int32(0),
  ])
  assert.throws(() => readFetchResponse(placed(frame), BEFORE, frame.length), /ends too early/)
})

test('whole batches are those that were put there, whatever follows', () => {
  const batches = fc.array(fc.array(fc.string({ maxLength: 20 }), { minLength: 1, maxLength: 5 }), {
    maxLength: 5,
  })
  fc.assert(
    fc.property(batches, fc.uint8Array({ maxLength: 60 }), (lists, tail) => {
      let baseOffset = 0
      const parts = lists.map(values => {
        const batch = encodeBatch({ records: values.map(value => ({ value })), baseOffset })
        baseOffset += values.length
        return batch
      })
      const whole = Buffer.concat(parts)
      // Less than the shortest batch: it is always a cut one.
      const set = Buffer.concat([whole, tail.subarray(0, 25)])
      const isSame = (expected: number, found: number): boolean => expected === found
      const read = wholeBatches(placed(set), BEFORE, set.length, 0, { mayBegin: isSame, mayEnd: isSame })
      assert.equal(read, {
        bytes: whole.length,
        nextOffset: lists.length === 0 ? null : baseOffset,
        isDoubtful: false,
      })
    }),
    runs(300),
  )
})

test.run()

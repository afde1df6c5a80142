import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Claim, ParsedBatch } from '../../src/arena/descriptors.ts'
import { Region } from '../../src/arena/region.ts'
import type { ParseResult } from '../../src/parse/contract.ts'
import { Pending, type Slice } from '../../src/sink/slice.ts'
import { Transaction } from '../../src/sink/transaction.ts'
import { suite } from '../support/suite.ts'

const test = suite('slices of a parsed batch')
const REGION_AT = 64

interface Row {
  readonly bytes: number
  /** Offsets skipped in front of it. */
  readonly gap: number
}

const claim = (partition = 0): Claim => ({
  topic: 'logs',
  topicId: 1,
  partition,
  token: 't',
  committed: 500,
  fingerprint: null,
  isLive: true,
})

/** A parsed batch whose rows lie at REGION_AT, with a row table behind them. */
function pendingOf(rows: readonly Row[], tailGap: number, own = claim()): Pending {
  const copyBytes = rows.reduce((sum, row) => sum + row.bytes, 0)
  const view = new DataView(new ArrayBuffer(REGION_AT + copyBytes + rows.length * 12))
  let end = 0
  let offset = 500
  rows.forEach((row, index) => {
    const entry = REGION_AT + copyBytes + index * 12
    end += row.bytes
    offset += row.gap
    view.setUint32(entry, end, true)
    view.setUint32(entry + 4, offset - 500, true)
    view.setUint32(entry + 8, 1, true)
    offset += 1
  })
  const result = {
    firstOffset: 500,
    nextOffset: offset + tailGap,
    rows: rows.length,
    deadLetters: 0,
    deadLettersAt: 0,
    // All that lies between is taken for left out by steps.
    dropped: offset + tailGap - 500 - rows.length,
    copyBytes,
    rowTableAt: copyBytes,
    segments: [],
    fingerprint: { baseOffset: 400, crc: 1 },
  } as unknown as ParseResult
  const batch: ParsedBatch = {
    claim: own,
    region: new Region(REGION_AT, 65_536, 1, () => undefined),
    result,
    verdict: null,
  }
  return new Pending(batch, view)
}

test('whatever the limits and refusals, slices cover every row and offset once, in order', () => {
  const row = fc.record({ bytes: fc.integer({ min: 1, max: 50 }), gap: fc.integer({ min: 0, max: 3 }) })
  fc.assert(
    fc.property(
      fc.array(row, { maxLength: 30 }),
      fc.nat(5),
      fc.uniqueArray(fc.nat(29)),
      fc.array(fc.record({ bytes: fc.integer({ min: 1, max: 200 }), rows: fc.integer({ min: 1, max: 9 }) }), {
        minLength: 1,
      }),
      (rows, tailGap, refused, limits) => {
        const pending = pendingOf(rows, tailGap + 1)
        for (const index of refused)
          if (index < rows.length) pending.refusals.set(index, { sqlstate: '22021', reason: '' })
        const slices: Slice[] = []
        for (let turn = 0, isDone = false; !isDone; turn++) {
          const slice = pending.cut(limits[turn % limits.length]!)
          slices.push(slice)
          isDone = pending.advance(slice)
        }
        const seen = slices.flatMap(slice => [
          ...Array.from({ length: slice.rowTo - slice.rowFrom }, (_, i) => slice.rowFrom + i),
          ...(slice.refusal ? [slice.rowTo] : []),
        ])
        assert.equal(
          seen,
          rows.map((_, index) => index),
        )
        let offset = 500
        for (const slice of slices) {
          assert.is(slice.firstOffset, offset)
          assert.ok(slice.nextOffset > offset)
          offset = slice.nextOffset
        }
        assert.is(offset, pending.batch.result.nextOffset)
        const bytes = slices.reduce((sum, slice) => sum + slice.bytes, 0)
        const left = refused
          .filter(index => index < rows.length)
          .reduce((sum, index) => sum + rows[index]!.bytes, 0)
        assert.is(bytes + left, pending.batch.result.copyBytes)
      },
    ),
  )
})

test('nothing moves before the slice has landed', () => {
  const pending = pendingOf(
    [
      { bytes: 10, gap: 0 },
      { bytes: 10, gap: 0 },
    ],
    0,
  )
  const limits = { bytes: 10, rows: 100 }
  assert.equal(pending.cut(limits).rowTo, pending.cut(limits).rowTo)
  assert.is(pending.bytesLeft, 20)
  pending.advance(pending.cut(limits))
  assert.is(pending.bytesLeft, 10)
})

test("a line of COPY leads to its batch's row", () => {
  const [first, second] = [
    pendingOf(
      [
        { bytes: 1, gap: 0 },
        { bytes: 1, gap: 0 },
      ],
      0,
    ),
    pendingOf([{ bytes: 1, gap: 0 }], 0, claim(1)),
  ]
  const everything = { bytes: 100, rows: 100 }
  const transaction = new Transaction([first.cut(everything), second.cut(everything)])
  assert.is(transaction.rowAt(2)?.slice.pending, first)
  assert.is(transaction.rowAt(2)?.row, 1)
  assert.is(transaction.rowAt(3)?.slice.pending, second)
  assert.is(transaction.rowAt(3)?.row, 0)
  assert.is(transaction.rowAt(4), null)
})

test('positions move per partition, from the first slice to the last', () => {
  const own = claim()
  const pending = pendingOf([{ bytes: 5, gap: 0 }], 2, own)
  const [move] = new Transaction([pending.cut({ bytes: 100, rows: 100 })]).moves
  assert.is(move?.expected, 500)
  assert.is(move?.next, 503)
  assert.equal(move?.fingerprint, { baseOffset: 400, crc: 1 })
})

test('what steps left out is counted by the slice in which it lies', () => {
  const pending = pendingOf(
    [
      { bytes: 10, gap: 2 },
      { bytes: 10, gap: 0 },
      { bytes: 10, gap: 3 },
    ],
    1,
  )
  pending.refusals.set(1, { sqlstate: '22021', reason: '' })
  const counts: number[] = []
  for (let isDone = false; !isDone; ) {
    const slice = pending.cut({ bytes: 10, rows: 1 })
    counts.push(slice.dropped)
    isDone = pending.advance(slice)
  }
  assert.equal(counts, [2, 4])
})

test.run()

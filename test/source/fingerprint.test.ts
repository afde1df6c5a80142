import * as assert from 'uvu/assert'
import { compareFingerprint } from '../../src/source/fingerprint.ts'
import { suite } from '../support/suite.ts'

const test = suite('fingerprint')
const stored = { baseOffset: 1_000, crc: 0xdeadbeef }

function answer(batch: { baseOffset: number; crc: number } | null, { errorCode = 0 } = {}) {
  const view = new DataView(new ArrayBuffer(80))
  if (batch) {
    view.setBigInt64(8, BigInt(batch.baseOffset))
    view.setUint32(8 + 17, batch.crc)
  }
  const partition = {
    topic: 't',
    partition: 0,
    errorCode,
    highWatermark: 2_000,
    lastStable: 2_000,
    logStart: -1,
    abortedAt: 0,
    abortedCount: 0,
    address: 8,
    bytes: batch ? 70 : 0,
  }
  return { view, response: { throttleMs: 0, errorCode: 0, partitions: [partition] } }
}

test('the same batch', () => assert.is(compareFingerprint(stored, answer(stored)), 'same'))
test('another checksum at the same offset', () =>
  assert.is(compareFingerprint(stored, answer({ ...stored, crc: 1 })), 'differs'))
test('a batch that begins before and reaches over it', () =>
  assert.is(compareFingerprint(stored, answer({ ...stored, baseOffset: 999 })), 'differs'))
test('deleted by retention, seen by the next batch', () =>
  assert.is(compareFingerprint(stored, answer({ ...stored, baseOffset: 1_500 })), 'gone'))
test('outside of the log: before its start or beyond its end', () =>
  assert.is(compareFingerprint(stored, answer(null, { errorCode: 1 })), 'outOfRange'))
test('an empty answer says nothing', () => assert.is(compareFingerprint(stored, answer(null)), 'unsure'))
test('another error says that somebody else is to be asked', () =>
  assert.is(compareFingerprint(stored, answer(null, { errorCode: 6 })), 'elsewhere'))

test.run()

/** Positions that clients hand back: cursors of pages and ids of the tail (src/query/cursor.ts, tail/vector.ts). */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { readCursor, writeCursor } from '../../src/query/cursor.ts'
import { readVector, vectorKey, writeVector } from '../../src/query/tail/vector.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'

const test = suite('query/positions', { timeoutMs: 60_000 })

const topicId = fc.nat({ max: 0x7fff })
const partition = fc.nat({ max: 0x7fffffff })
const place = fc.record({
  us: fc.nat({ max: 9_007_199_254_740_991 }),
  topicId: fc.oneof(topicId, fc.constant(-1)),
  partition: fc.oneof(partition, fc.constant(-1)),
  offset: fc.oneof(fc.maxSafeNat(), fc.constant(-1)),
})

const assertRefused = (error: unknown): void => {
  assert.instance(error, PipelineError)
  assert.is((error as PipelineError).code, 'HTTP_REQUEST_INVALID')
}

test('a cursor that was written is read back', () => {
  fc.assert(
    fc.property(fc.constantFrom('next', 'prev'), place, (way, given) => {
      assert.equal(readCursor(writeCursor(way, given)), { way, place: { ...given } })
    }),
    runs(500),
  )
})

/** What Postgres would refuse as smallint, integer or bigint must not come through. */
test('any other text is refused, or is a place that Postgres takes', () => {
  const number = fc.oneof(
    fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n }).map(String),
    fc.constantFrom('-1', '', '1e3', 'NaN', '00'),
  )
  const nearly = fc
    .tuple(fc.constantFrom('n', 'p', 'x'), fc.array(number, { minLength: 3, maxLength: 5 }))
    .map(([way, numbers]) => Buffer.from([way, ...numbers].join(' ')).toString('base64url'))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), fc.base64String(), nearly), text => {
      try {
        const { place: read } = readCursor(text)
        assert.ok(read.topicId >= -1 && read.topicId <= 0x7fff)
        assert.ok(read.partition >= -1 && read.partition <= 0x7fffffff)
        assert.ok([read.us, read.offset].every(value => Number.isSafeInteger(value) && value >= -1))
      } catch (error) {
        assertRefused(error)
      }
    }),
    runs(2_000),
  )
})

test('the id of an event that was written is read back', () => {
  const entries = fc.array(fc.tuple(topicId, partition, fc.maxSafeNat()), { maxLength: 20 })
  fc.assert(
    fc.property(entries, list => {
      const vector = new Map(
        list.map(([topic, number, offset]) => [vectorKey(topic, number), offset] as const),
      )
      assert.equal([...readVector(writeVector(vector))], [...vector])
    }),
    runs(500),
  )
})

test('any other id is refused, or holds positions that Postgres takes, each once', () => {
  const digits = fc.string({ unit: fc.constantFrom(...'0123456789az.'), maxLength: 14 })
  const nearly = fc
    .array(fc.tuple(digits, digits, digits).map(parts => parts.join('.')))
    .map(list => list.join('_'))
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: 'binary' }), nearly, fc.constant('_')), text => {
      try {
        const vector = readVector(text)
        assert.is(vector.size, text === '_' ? 0 : text.split('_').length - repeated(text))
        for (const [key, offset] of vector) {
          const [topic, number] = key.split('.').map(Number)
          assert.ok(topic! <= 0x7fff && number! <= 0x7fffffff && Number.isSafeInteger(offset) && offset >= 0)
        }
      } catch (error) {
        assertRefused(error)
      }
    }),
    runs(2_000),
  )
})

/** Entries whose partition is there already. */
function repeated(text: string): number {
  const keys = text.split('_').map(part => part.split('.').slice(0, 2).join('.'))
  return keys.length - new Set(keys).size
}

test.run()

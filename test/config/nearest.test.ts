/** Edit distance and "did you mean" (src/config/nearest.ts). */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { editDistance, nearest } from '../../src/config/nearest.ts'
import { suite } from '../support/suite.ts'

const test = suite('config/nearest')

test('counts inserts, deletes, replacements and swaps', () => {
  assert.is(editDistance('', 'abc'), 3)
  assert.is(editDistance('port', 'port'), 0)
  assert.is(editDistance('prot', 'port'), 1)
  assert.is(editDistance('topic', 'topics'), 1)
  assert.is(editDistance('kitten', 'sitting'), 3)
})

test('is symmetric and at most the longer length', () => {
  const word = fc.string({ maxLength: 12 })
  fc.assert(
    fc.property(word, word, (a, b) => {
      const distance = editDistance(a, b)
      return distance === editDistance(b, a) && distance <= Math.max(a.length, b.length)
    }),
  )
})

test('ignores case and separators, and gives up when nothing is near', () => {
  assert.is(nearest('groupId', ['client_id', 'group_id']), 'group_id')
  assert.is(nearest('zebra', ['client_id', 'group_id']), null)
})

test.run()

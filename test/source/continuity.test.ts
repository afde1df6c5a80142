/** What a batch may follow: src/source/continuity.ts. */
import * as assert from 'uvu/assert'
import { Continuity } from '../../src/source/continuity.ts'
import { suite } from '../support/suite.ts'

const test = suite('source: continuity')

test('what is unexpected is taken when it comes twice, and another time only where there are gaps', () => {
  const log = new Continuity()
  assert.ok(log.mayBegin(10, 10))
  assert.not(log.mayBegin(20, 16), 'from inside of a batch')
  assert.ok(log.mayBegin(20, 16))
  assert.not(log.mayBegin(20, 4), 'another one')
  assert.not(log.mayBegin(30, 94), 'a gap')
  assert.ok(log.mayBegin(30, 30), 'it was a flipped bit')
  assert.not(log.mayBegin(40, 50))
  assert.ok(log.mayBegin(40, 50), 'it is a gap')
  assert.ok(log.mayBegin(60, 70), 'a log with gaps')
  assert.not(log.mayBegin(80, 70))
})

test('a batch that is unexpected in both ways is seen twice in both', () => {
  const log = new Continuity()
  const isTaken = () => log.mayBegin(20, 16) && log.mayEnd(24, 30)
  assert.not(isTaken())
  assert.not(isTaken())
  assert.ok(isTaken())
  assert.ok(log.mayEnd(40, 50), 'a log with gaps')
})

test.run()

/** What a batch may follow: src/source/continuity.ts. */
import * as assert from 'uvu/assert'
import { Continuity } from '../../src/source/continuity.ts'
import { suite } from '../support/suite.ts'

const test = suite('source: continuity')

test('what is unexpected is taken when it comes twice, and another time only where there are gaps', () => {
  const log = new Continuity()
  assert.ok(log.mayFollow(10, 10))
  assert.not(log.mayFollow(20, 16), 'from inside of a batch')
  assert.ok(log.mayFollow(20, 16))
  assert.not(log.mayFollow(20, 4), 'another one')
  assert.not(log.mayFollow(30, 94), 'a gap')
  assert.ok(log.mayFollow(30, 30), 'it was a flipped bit')
  assert.not(log.mayFollow(40, 50))
  assert.ok(log.mayFollow(40, 50), 'it is a gap')
  assert.ok(log.mayFollow(60, 70), 'a log with gaps')
  assert.not(log.mayFollow(80, 70))
})

test.run()

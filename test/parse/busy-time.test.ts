/** Time at work by thread (src/parse/busy-time.ts). */
import * as assert from 'uvu/assert'
import { BusyTime } from '../../src/parse/busy-time.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse/busy-time')

test('adds up finished tasks and counts the one under way', () => {
  const busy = new BusyTime(2)
  busy.begin(0, 100)
  busy.begin(1, 105)
  busy.end(0, 110)
  assert.equal(busy.read(120), [10, 15])
  busy.begin(0, 120)
  busy.end(1, 125)
  assert.equal(busy.read(130), [20, 20])
  busy.end(0, 140)
  assert.equal(busy.read(1000), [30, 20])
})

test.run()

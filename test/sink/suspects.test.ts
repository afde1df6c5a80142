/** Which claims may be in the next transaction while some of them cannot be made ready. */
import * as assert from 'uvu/assert'
import type { Claim } from '../../src/arena/descriptors.ts'
import { Suspects } from '../../src/sink/suspects.ts'
import { suite } from '../support/suite.ts'

const test = suite('sink: suspects')

const claimOf = (partition: number): Claim => ({
  topic: 'logs',
  topicId: 1,
  partition,
  token: 'token',
  committed: 0,
  fingerprint: null,
  isLive: true,
})

const [a, b, c] = [claimOf(0), claimOf(1), claimOf(2)]
const held = [a, b, c]
const chosen = (suspects: Suspects, nowMs: number): number[] =>
  [...suspects.choose(held, nowMs)].map(({ partition }) => partition)

test('without suspects all go together, at once', () => {
  const suspects = new Suspects()
  assert.equal(chosen(suspects, 0), [0, 1, 2])
  assert.is(suspects.waitMs(held, 0), 0)
})

test('of several each is tried alone, at once; who was committed goes with the others again', () => {
  const suspects = new Suspects()
  suspects.add(held, 0)
  assert.is(suspects.waitMs(held, 0), 0)
  assert.equal(chosen(suspects, 0), [0])
  suspects.clear(a)
  assert.equal(chosen(suspects, 0), [1])
  suspects.clear(b)
  assert.equal(chosen(suspects, 0), [2])
  suspects.add([c], 0)
  assert.equal(chosen(suspects, 0), [0, 1], 'the guilty one waits, and the others do not')
  assert.is(suspects.waitMs(held, 0), 0)
})

test('alone it waits longer each time, and is due in front of the others', () => {
  const suspects = new Suspects()
  let nowMs = 0
  const waits = Array.from({ length: 6 }, () => {
    suspects.add([b], nowMs)
    const waitMs = suspects.waitMs([b], nowMs)
    assert.equal(chosen(suspects, nowMs + waitMs - 1), [0, 2])
    nowMs += waitMs
    assert.equal(chosen(suspects, nowMs), [1])
    return waitMs
  })
  assert.ok(waits[5]! > 4 * waits[0]!, waits.join(' '))
  suspects.clear(b)
  suspects.add([b], nowMs)
  assert.ok(suspects.waitMs([b], nowMs) < waits[5]!, 'it begins anew')
})

test.run()

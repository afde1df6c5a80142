import * as assert from 'uvu/assert'
import { Backoff, retryWhile } from '../../src/supervisor/backoff.ts'
import { Modes } from '../../src/supervisor/modes.ts'
import { Repetition } from '../../src/supervisor/repetition.ts'
import { Signal } from '../../src/supervisor/signal.ts'
import { suite } from '../support/suite.ts'

const test = suite('supervisor primitives')

test('news before the wait is not lost, and many are one', async () => {
  const signal = new Signal()
  signal.raise()
  signal.raise()
  await signal.wait()
  let woken = false
  const second = signal.wait().then(() => {
    woken = true
  })
  await Promise.resolve()
  assert.not(woken)
  signal.raise()
  await second
})

test('a wait ends by itself after its time', async () => {
  await new Signal().wait(1)
})

test('delays double up to a bound and begin again', () => {
  const backoff = new Backoff()
  const delays = Array.from({ length: 12 }, () => backoff.next())
  assert.ok(delays[0]! >= 25 && delays[0]! <= 50)
  assert.ok(delays[11]! <= 5_000 && delays[11]! >= 2_500)
  backoff.reset()
  assert.ok(backoff.next() <= 50)
})

test('retries until it succeeds, and stops when nobody wants it', async () => {
  let attempts = 0
  const flaky = async () => {
    attempts += 1
    if (attempts < 3) throw new Error('not yet')
    return attempts
  }
  const errors: unknown[] = []
  assert.is(await retryWhile(flaky, { isWanted: () => true, onError: error => errors.push(error) }), 3)
  assert.is(errors.length, 2)
  assert.is(await retryWhile(flaky, { isWanted: () => false, onError: () => undefined }), null)
})

test('a change that the table does not allow is an error', () => {
  const modes = new Modes('door', { open: ['closed'], closed: [] }, 'open')
  modes.set('open')
  modes.set('closed')
  assert.throws(() => modes.set('open'), /door cannot go from closed to open/)
})

test('a text is news once a minute, and the memory of texts is bounded', () => {
  const said = new Repetition()
  assert.equal(
    [0, 59_999, 60_000, 60_001].map(nowMs => said.isRepeated('a', nowMs)),
    [false, true, false, true],
  )
  assert.not(said.isRepeated('b', 0))
  for (let n = 0; n < 1_000; n++) said.isRepeated(`text ${n}`, 60_002)
  assert.not(said.isRepeated('a', 60_003), 'forgotten rather than kept for ever')
})

test.run()

import * as assert from 'uvu/assert'
import { Backoff, retryWhile } from '../../src/supervisor/backoff.ts'
import { Modes } from '../../src/supervisor/modes.ts'
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

test.run()

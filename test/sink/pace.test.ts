/** When a transaction may begin: at once where much is ready, else so that the ends of transactions take their share. */
import * as assert from 'uvu/assert'
import { Pace } from '../../src/sink/pace.ts'
import { suite } from '../support/suite.ts'

const test = suite('sink: pace')

const MIB = 1024 * 1024
/** Between two calls that follow each other the clock moves by less. */
const CLOCK_MS = 5

function waitAfter(endMs: number, claims = 1): number {
  const pace = new Pace(8 * MIB, 20)
  // The mean moves by half each time.
  for (let n = 0; n < 20; n++) pace.landed(endMs)
  pace.began()
  return pace.waitMs(1, claims)
}

const about = (actual: number, expected: number): void =>
  assert.ok(actual <= expected && actual > expected - CLOCK_MS, `${actual} ms, about ${expected} expected`)

test('before the first transaction there is nothing to wait for', () => {
  assert.is(new Pace(8 * MIB, 20).waitMs(1, 1), 0)
})

test('quick ends: the interval of the settings, and a millisecond a partition', () => {
  about(waitAfter(1), 20)
  about(waitAfter(1, 40), 40)
})

test('slow ends take a fifth of the time, and nobody waits longer than 50 ms for that', () => {
  about(waitAfter(7), 35)
  about(waitAfter(1_000), 50)
})

test('where two mebibytes are ready nothing waits', () => {
  const pace = new Pace(8 * MIB, 20)
  pace.landed(1_000)
  pace.began()
  assert.is(pace.waitMs(2 * MIB, 64), 0)
})

test('a refused row makes transactions small, and each that lands doubles them again', () => {
  const pace = new Pace(8 * MIB, 20)
  pace.refused()
  assert.is(pace.limits.bytes, MIB)
  for (let n = 0; n < 5; n++) pace.landed(1)
  assert.is(pace.limits.bytes, 8 * MIB)
})

test.run()

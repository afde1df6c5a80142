/** When a transaction may begin: at once where much is ready, else so that the ends of transactions take their share. */
import * as assert from 'uvu/assert'
import { Pace } from '../../src/sink/pace.ts'
import { suite } from '../support/suite.ts'

const test = suite('sink: pace')

const MIB = 1024 * 1024
/** The mean of ends moves by half each time; the rest is rounding of the clock. */
const ROUNDING_MS = 0.01

/** From the begin of a transaction until the next may begin, where ends take so long. */
function checkInterval(expectedMs: number, endMs: number, claims = 1): void {
  const pace = new Pace(8 * MIB, 20)
  for (let n = 0; n < 40; n++) pace.landed(endMs)
  const before = performance.now()
  pace.began()
  const waitMs = pace.waitMs(1, claims)
  const passedMs = performance.now() - before
  const isRight = waitMs <= expectedMs + ROUNDING_MS && waitMs + passedMs >= expectedMs - ROUNDING_MS
  assert.ok(isRight, `${waitMs} ms to wait after ${passedMs} ms, ${expectedMs} ms expected`)
}

test('before the first transaction there is nothing to wait for', () => {
  assert.is(new Pace(8 * MIB, 20).waitMs(1, 1), 0)
})

test('quick ends: the interval of the settings, and a millisecond a partition', () => {
  checkInterval(20, 1)
  checkInterval(40, 1, 40)
})

test('slow ends take a fifth of the time, and nobody waits longer than 50 ms for that', () => {
  checkInterval(35, 7)
  checkInterval(50, 1_000)
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

/** How many writers may be at work (src/sink/kindness.ts), and whose turn it is (src/sink/turns.ts). */
import * as assert from 'uvu/assert'
import { afterSecond, type Kindness, medianOf } from '../../src/sink/kindness.ts'
import { Turns } from '../../src/sink/turns.ts'
import { suite } from '../support/suite.ts'

const test = suite('sink/kindness')
const bounds = { boundMs: 100, most: 4 }
const [good, bad] = [100, 101]

/** Allowed writers after each of these seconds, from `allowed` on; null: no commit ended. */
function after(allowed: number, latencies: readonly (number | null)[], isIdle = false): number[] {
  let state: Kindness = { allowed, goodSeconds: 0 }
  return latencies.map(latency => {
    state = afterSecond(state, latency, isIdle, bounds)
    return state.allowed
  })
}
const seconds = (count: number, latency: number | null): (number | null)[] => Array(count).fill(latency)

test('one fewer every bad second, down to one', () => {
  assert.equal(after(4, seconds(5, bad)), [3, 2, 1, 1, 1])
})

test('one more after ten good seconds, up to all', () => {
  assert.equal(after(3, seconds(9, good)), seconds(9, 3))
  assert.is(after(3, seconds(10, good)).at(-1), 4)
  assert.is(after(1, seconds(29, good)).at(-1), 3)
  assert.is(after(1, seconds(500, good)).at(-1), 4)
})

test('a bad second among the good ones begins the count anew', () => {
  assert.is(after(2, [...seconds(9, good), bad, ...seconds(9, good)]).at(-1), 1)
})

test('a second without commits says nothing while something waits, and is good while nothing does', () => {
  assert.is(after(2, seconds(100, null)).at(-1), 2)
  assert.is(after(2, seconds(10, null), true).at(-1), 3)
  assert.equal(after(2, [...seconds(9, good), null, good]).slice(-2), [2, 3])
})

test('the middle latency counts, not a single slow one', () => {
  assert.is(medianOf([]), null)
  assert.is(medianOf([5]), 5)
  assert.is(medianOf([900, 1, 2]), 2)
  assert.is(medianOf([4, 1]), 1)
})

function turnsOf(writers: number) {
  const changes: number[] = []
  const woken: number[] = []
  const turns = new Turns({
    writers,
    boundMs: 100,
    isIdle: () => false,
    emit: (_, event) => void ('allowed' in event && changes.push(event.allowed)),
  })
  const enter = (writer: number): boolean => turns.enter(writer, () => woken.push(writer))
  const second = (latency: number): void => {
    turns.committed(latency)
    turns.second()
  }
  return { turns, enter, woken, changes, second }
}

test('all at once while nothing is slow', () => {
  const { enter, turns } = turnsOf(3)
  assert.equal([0, 1, 2].map(enter), [true, true, true])
  turns.leave(1)
  assert.ok(enter(1))
})

test('with one turn they take it in the order in which they came, and none overtakes', () => {
  const { changes, enter, second, turns, woken } = turnsOf(3)
  assert.ok(enter(0))
  second(bad)
  second(bad)
  assert.equal(changes, [2, 1])
  assert.equal([2, 1].map(enter), [false, false])
  assert.ok(enter(0), 'who is inside stays inside')
  turns.leave(0)
  assert.equal(woken, [2])
  assert.not(enter(0), 'it is the turn of another')
  assert.ok(enter(2))
  turns.leave(2)
  turns.leave(1)
  assert.equal(woken, [2, 1, 0], 'one that wants no turn any more gives it to the next')
})

test('one that stops waiting is not called, and keeps nobody out', () => {
  const { enter, second, turns, woken } = turnsOf(2)
  assert.ok(enter(0))
  second(bad)
  assert.not(enter(1))
  turns.leave(1)
  turns.leave(0)
  assert.equal(woken, [])
  assert.ok(enter(0))
})

test('when more are allowed, those who wait come in', () => {
  const { enter, second, woken } = turnsOf(2)
  assert.ok(enter(0))
  second(bad)
  assert.not(enter(1))
  for (let count = 0; count < 10; count++) second(good)
  assert.equal(woken, [1])
  assert.ok(enter(1))
})

test.run()

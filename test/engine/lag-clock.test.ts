/** Seconds behind, from positions that are looked at once a second (src/engine/lag-clock.ts). */
import * as assert from 'uvu/assert'
import { LagClock } from '../../src/engine/lag-clock.ts'
import { partitionFacts } from '../support/partition-facts.ts'
import { suite } from '../support/suite.ts'

const test = suite('engine/lag-clock')

/** Looks once a second while the log ends and the position stands where these say, by the second; the last reading. */
function watched(
  seconds: number,
  end: (second: number) => number,
  committed: (second: number) => number,
): number {
  const clock = new LagClock()
  let reading = 0
  for (let second = 0; second <= seconds; second++)
    reading = clock.observe(second * 1000, [
      partitionFacts(0, { highWatermark: end(second), committed: committed(second) }),
    ])
  return reading
}

test('nothing behind is 0 s, whether records come or not', () => {
  assert.is(
    watched(
      100,
      () => 50,
      () => 50,
    ),
    0,
  )
  assert.is(
    watched(
      100,
      second => second * 10,
      second => second * 10,
    ),
    0,
  )
})

test('ten seconds behind is 10 s, at any speed', () => {
  for (const rate of [3, 1_000_000])
    assert.is(
      watched(
        60,
        second => second * rate,
        second => Math.max(0, second - 10) * rate,
      ),
      10,
    )
})

test('it grows while nothing is committed, for hours', () => {
  const stuck = (second: number): number => Math.min(second, 5) * 10
  assert.is(
    watched(30, second => second * 10, stuck),
    25,
  )
  const hours = watched(10_000, second => second * 10, stuck)
  assert.is(hours, 10_000 - 5)
})

test('a backlog from before is as long as it takes to catch up', () => {
  const end = (): number => 10_000
  assert.is(
    watched(3, end, second => second * 100),
    3,
    'at first only what was watched',
  )
  assert.is(
    watched(10, end, second => second * 100),
    90,
  )
  assert.is(
    watched(10, end, () => 0),
    86_400,
    'nothing moves',
  )
})

test('the partition that is furthest behind counts, and one that went does not', () => {
  const clock = new LagClock()
  const looks = (second: number, numbers: number[]): number =>
    clock.observe(
      second * 1000,
      numbers.map(number =>
        partitionFacts(number, { highWatermark: second, committed: Math.max(0, second - number) }),
      ),
    )
  for (let second = 0; second < 20; second++) looks(second, [1, 4, 2])
  assert.is(looks(20, [1, 4, 2]), 4)
  assert.is(looks(21, [1, 2]), 2)
  assert.is(looks(22, []), 0)
})

test('a position that went back, or is not known, is no reason for nonsense', () => {
  const clock = new LagClock()
  const look = (second: number, committed: number): number =>
    clock.observe(second * 1000, [partitionFacts(0, { highWatermark: 100, committed })])
  look(0, 100)
  assert.is(look(1, -1), 0)
  look(2, 40)
  assert.is(look(4, 70), 2)
  assert.is(look(12, 90), 10)
})

test.run()

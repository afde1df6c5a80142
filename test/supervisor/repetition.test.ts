/** When a failure is worth a line (src/supervisor/repetition.ts): at once, then counted, and when it is over. */
import * as assert from 'uvu/assert'
import { MOST_SUBJECTS, QUIET_MS, Repetition } from '../../src/supervisor/repetition.ts'
import { suite } from '../support/suite.ts'

const test = suite('supervisor/repetition')

const broker = (subject: string, kind = 'A') => ({ group: 'fetch', subject, kind })

/** One failure every 100 ms from `from` to before `to`; how many each line stands for, by the time of the line. */
function failing(repetition: Repetition<number>, from: number, to: number): [number, number][] {
  const lines: [number, number][] = []
  for (let now = from; now < to; now += 100) {
    const said = repetition.failed(broker('1'), now, now)
    if (said !== null) lines.push([now, said.times])
  }
  return lines
}

test('the first is a line at once, then a count after 1, 10 and every 60 seconds', () => {
  const lines = failing(new Repetition(), 0, 200_000)
  assert.equal(lines, [
    [0, 1],
    [1_000, 10],
    [11_000, 100],
    [71_000, 600],
    [131_000, 600],
    [191_000, 600],
  ])
})

test('its end is a line with all failures and the time', () => {
  const repetition = new Repetition<number>()
  assert.ok(repetition.isEmpty)
  failing(repetition, 0, 5_000)
  assert.not.ok(repetition.isEmpty)
  assert.is(repetition.worked(broker('2'), 5_000), null, 'another one')
  assert.equal(repetition.worked(broker('1'), 5_000), { failures: 50, awayMs: 5_000 })
  assert.is(repetition.worked(broker('1'), 5_001), null, 'said already')
  assert.equal(repetition.due(1e9), [], 'nothing is left to say')
})

test('what comes and goes all the time is two lines for each pause, and no failure is left out', () => {
  const repetition = new Repetition<number>()
  let [lines, said, recovered] = [0, 0, 0]
  for (let now = 0; now < 600_000; now += 10) {
    const line = repetition.failed(broker('1'), now, now)
    const end = repetition.worked(broker('1'), now + 5)
    lines += (line === null ? 0 : 1) + (end === null ? 0 : 1)
    said += line?.times ?? 0
    recovered += end?.failures ?? 0
  }
  const rest = repetition.due(1e9).reduce((sum, { times }) => sum + times, 0)
  assert.ok(lines > 10 && lines <= 2 * 13, `${lines} lines`)
  assert.is(said + rest, 60_000)
  assert.ok(recovered <= 60_000)
})

test('what is counted is due when the pause is over, with the latest fact', () => {
  const repetition = new Repetition<number>()
  assert.is(repetition.nextDueAt, null)
  for (const now of [0, 10, 20]) repetition.failed(broker('1'), now, now)
  assert.is(repetition.nextDueAt, 1_000)
  assert.equal(repetition.due(999), [])
  assert.equal(repetition.due(1_000), [{ fact: 20, times: 2 }])
  assert.is(repetition.nextDueAt, null)
})

test('another kind, another subject, and the same after a quiet minute are news', () => {
  const repetition = new Repetition<number>()
  const isNews = (subject: string, kind: string, now: number) =>
    repetition.failed(broker(subject, kind), now, now)?.times === 1
  assert.equal(
    [isNews('1', 'A', 0), isNews('1', 'B', 1), isNews('2', 'A', 2), isNews('1', 'A', 3)],
    [true, true, true, false],
  )
  repetition.due(2_000)
  assert.not.ok(isNews('1', 'A', 2_500))
  repetition.due(1e6)
  assert.ok(isNews('1', 'A', 2_500 + QUIET_MS))
})

test('its memory is bounded, and the lines are as well', () => {
  const repetition = new Repetition<number>()
  let lines = 0
  for (let n = 0; n < 10_000; n++) {
    if (repetition.failed({ group: `g${n % 3}`, subject: String(n), kind: String(n) }, n, 5) !== null)
      lines += 1
    if (repetition.failed(broker('x', String(n)), n, 5) !== null) lines += 1
  }
  assert.ok(lines < 2 * MOST_SUBJECTS, `${lines} lines`)
  const rest = repetition.due(1e9)
  assert.is(lines + rest.reduce((sum, { times }) => sum + times, 0), 20_000, 'all of them are counted')
  // Those are quiet now, and make room.
  assert.ok(repetition.failed(broker('new'), 0, 10 * QUIET_MS) !== null)
})

test.run()

/** Which segments have to go, and why. */
import * as assert from 'uvu/assert'
import { type Removable, removalsDue } from '../../src/store/storage/policy.ts'
import { suite } from '../support/suite.ts'

const test = suite('retention policy')
const DAY_MS = 86_400_000
const NOW_MS = Date.parse('2026-01-10T12:00:00Z')

/** A day of January 2026. */
const day = (date: number, totalBytes = 100, state: Removable['state'] = 'live'): Removable => {
  const fromMs = Date.UTC(2026, 0, date)
  return { segment: `logs_${date}`, fromMs, toMs: fromMs + DAY_MS, state, totalBytes }
}
const due = (segments: readonly Removable[], retentionMs: number, maxSizeBytes: number): string[] =>
  removalsDue(segments, { retentionMs, maxSizeBytes }, NOW_MS).map(
    ({ segment, reason }) => `${segment.segment} ${reason}`,
  )

test('nothing goes without a limit', () => {
  assert.equal(due([day(1), day(10)], 0, 0), [])
})

test('by age: those whose end is that long ago, to the millisecond', () => {
  const segments = [day(7), day(8), day(9), day(10)]
  assert.equal(due(segments, 1.5 * DAY_MS, 0), ['logs_7 age', 'logs_8 age'])
  assert.equal(due(segments, 1.5 * DAY_MS + 1, 0), ['logs_7 age'])
})

test('by size: the oldest first, in whatever order they come, and no more than needed', () => {
  const segments = [day(9), day(7), day(8), day(10)]
  assert.equal(due(segments, 0, 400), [])
  assert.equal(due(segments, 0, 399), ['logs_7 size'])
  assert.equal(due(segments, 0, 250), ['logs_7 size', 'logs_8 size'])
})

test('by size: an empty segment gives nothing back, and the present one stays whatever the limit', () => {
  assert.equal(due([day(7, 0), day(9), day(10, 1_000), day(11, 0)], 0, 1), ['logs_9 size'])
})

test('what is too old counts before the size is looked at', () => {
  assert.equal(due([day(5), day(8), day(9)], 2 * DAY_MS, 200), ['logs_5 age'])
})

test('what is on its way out takes no room, and is not chosen again', () => {
  assert.equal(due([day(5, 500, 'detaching'), day(6, 500, 'detached'), day(9)], DAY_MS, 100), [])
})

test.run()

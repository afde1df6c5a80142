/** Times of a request (src/http/api/range.ts): every way to write one, and what is refused. */
import * as assert from 'uvu/assert'
import { rangeOf, rangeToNow } from '../../../src/http/api/range.ts'
import { suite } from '../../support/suite.ts'

const test = suite('http/api/range')
const NOW = Date.UTC(2026, 0, 31, 12, 0, 0, 500)
const HOUR_US = 3_600_000_000
const at = (text: string): number => Date.parse(text) * 1000

const written: readonly (readonly [string, number])[] = [
  ['2026-01-31', at('2026-01-31T00:00:00Z')],
  ['2026-01-31T08:00', at('2026-01-31T08:00:00Z')],
  ['2026-01-31T08:00:01.000002Z', at('2026-01-31T08:00:01Z') + 2],
  ['2026-01-31T08:00:01.5+01:00', at('2026-01-31T07:00:01Z') + 500_000],
  ['2026-01-31T08:00:01 0100', at('2026-01-31T07:00:01Z')],
  ['1769846400', at('2026-01-31T08:00:00Z')],
  ['1769846400000', at('2026-01-31T08:00:00Z')],
]
for (const [text, us] of written)
  test(`from ${text}`, () => assert.is(rangeOf({ from: text }, null, NOW).fromUs, us))

for (const text of ['yesterday', '', '2026-13-01', '2026-01-31T25:00', '-1', '99999999999999', '2026', "'"])
  test(`${JSON.stringify(text)} is no time`, () =>
    assert.throws(() => rangeOf({ from: text }, null, NOW), 'from is no time'))

test('since is so long before the next whole second', () => {
  const { fromUs, toUs } = rangeOf({ since: '15m' }, null, NOW)
  assert.is(fromUs, at('2026-01-31T11:45:01Z'))
  assert.is(toUs, at('2026-01-31T12:00:01Z') + HOUR_US)
  assert.throws(() => rangeOf({ since: '15y' }, null, NOW), 'since is no time')
})

test('those who ask in the same second ask the same', () => {
  assert.equal(rangeToNow({}, '1h', NOW), rangeToNow({}, '1h', NOW + 400))
  assert.is.not(rangeToNow({}, '1h', NOW).toUs, rangeToNow({}, '1h', NOW + 600).toUs)
})

test('nothing told is what the route says', () => {
  assert.is(rangeOf({}, 'all', NOW).fromUs, 0)
  assert.is(rangeToNow({}, '1h', NOW).fromUs, at('2026-01-31T11:00:01Z'))
  assert.throws(() => rangeOf({}, null, NOW), 'say from when')
})

test.run()

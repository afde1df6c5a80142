/** Times as log lines write them: src/parse/steps/datetime.ts. */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { parseTime } from '../../../src/parse/steps/datetime.ts'
import { suite } from '../../support/suite.ts'

const test = suite('parse/steps/datetime')
const reference = Date.UTC(2026, 0, 15)
const at = Date.UTC(2026, 9, 10, 20, 55, 36)

test('each form', () => {
  const forms: Readonly<Record<string, number>> = {
    '10/Oct/2026:13:55:36 -0700': at,
    '2026-10-10T20:55:36Z': at,
    '2026-10-10 22:55:36,250 +0200': at + 250,
    '2026-10-10T22:55:36.123456789+02:00': at + 123,
    '2026/10/10 20:55:36': at,
    '2026-10-10': Date.UTC(2026, 9, 10),
    'Sat, 10 Oct 2026 20:55:36 GMT': at,
    '10 Oct 2026 13:55:36 -0700': at,
    '1791665736': 1791665736000,
    '1791665736.5': 1791665736500,
    '1791665736500': 1791665736500,
    '1791665736500123': 1791665736500,
    '1791665736500123456': 1791665736500,
    'Oct  1 13:55:36': Date.UTC(2025, 9, 1, 13, 55, 36),
    'Jan 15 00:00:01.5': Date.UTC(2026, 0, 15, 0, 0, 1, 500),
  }
  for (const [text, ms] of Object.entries(forms)) assert.is(parseTime(text, reference), ms, text)
})

test('no time', () => {
  for (const text of [
    '',
    'x',
    '12',
    '2026-02-31',
    '31/Foo/2026:00:00:00 +0000',
    'Feb 30 00:00:00',
    '2026-10-10T25:00',
  ])
    assert.ok(Number.isNaN(parseTime(text, reference)), text)
})

test('a time without a year is the latest that is not after the next day', () => {
  assert.is(parseTime('Jan  1 00:00:10', Date.UTC(2026, 11, 31, 23, 59)), Date.UTC(2027, 0, 1, 0, 0, 10))
  assert.is(parseTime('Dec 31 23:59:59', Date.UTC(2026, 0, 1)), Date.UTC(2025, 11, 31, 23, 59, 59))
  assert.is(parseTime('Feb 29 12:00:00', Date.UTC(2026, 5, 1)), Date.UTC(2024, 1, 29, 12))
})

test('every time that JavaScript writes is read back', () => {
  const times = fc.date({ min: new Date('1970-06-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  fc.assert(
    fc.property(times, date => {
      assert.is(parseTime(date.toISOString(), reference), date.getTime())
      assert.is(parseTime(date.toUTCString(), reference), Math.floor(date.getTime() / 1000) * 1000)
    }),
  )
})

test.run()

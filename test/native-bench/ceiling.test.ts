/** The ceiling's own benchmark, without running it: whose turn it is, what rounds say, its section. */
import * as assert from 'uvu/assert'
import { ceilingSection } from '../../native-bench/ceiling/section.ts'
import { ceilingWays, sumUpWays, turnsOf, wordsOf } from '../../native-bench/ceiling/ways.ts'
import { makeReport } from '../../native-bench/report.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/ceiling')

/** Rounds with the rates of the ways in their order. */
const roundsOf = (...rates: readonly (readonly number[])[]) =>
  rates.map(round =>
    round.map(rowsPerSecond => ({ rowsPerSecond, seconds: 1e6 / rowsPerSecond, postgresCpuUsPerRow: 2.5 })),
  )

test('both formats, one session and two', () => {
  assert.equal(ceilingWays.map(wordsOf), [
    'text, one session',
    'text, 2 sessions',
    'binary, one session',
    'binary, 2 sessions',
  ])
})

test('every round has every way, and each is begun by another', () => {
  const rounds = ceilingWays.map((_, round) => turnsOf(round))
  for (const turns of rounds)
    assert.equal(
      [...turns].sort(),
      ceilingWays.map((_, index) => index),
    )
  assert.is(new Set(rounds.map(([first]) => first)).size, ceilingWays.length)
})

test('the ratio is taken within the round', () => {
  const ways = sumUpWays(roundsOf([100, 200, 300, 400], [30, 40, 50, 50]))
  assert.equal(
    ways.map(({ ofFull }) => [ofFull.min, ofFull.max]),
    [
      [0.25, 0.6],
      [0.5, 0.8],
      [0.75, 1],
      [1, 1],
    ],
  )
})

test('the section has a line a way', () => {
  const rounds = roundsOf([210_000, 380_000, 260_000, 700_000], [190_000, 420_000, 240_000, 600_000])
  const section = ceilingSection(
    makeReport('ceiling', 'npm run bench -- ceiling', {
      records: 2_000_000,
      bytesPerRecord: 299.2,
      versions: { kafka: '4.4.0', postgres: '17.1' },
      postgresSettings: { shared_buffers: '1GB' },
      ways: sumUpWays(rounds),
      rounds,
    }),
  )
  for (const part of [
    '2,000,000 JSON records of 299 bytes',
    '2 rounds',
    '| text, one session | 200,000 (190,000–210,000) | 2.50 (2.50–2.50) | 0.31 (0.30–0.32) |',
    '| binary, 2 sessions | 650,000 (600,000–700,000) | 2.50 (2.50–2.50) | 1.00 (1.00–1.00) |',
  ])
    assert.ok(section.includes(part), part)
})

test.run()

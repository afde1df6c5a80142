/** The detector on small histories with one thing in them. The rates it reaches: native-bench/anomalies.ts. */
import * as assert from 'uvu/assert'
import { Detector } from '../../src/anomalies/detector.ts'
import type { Change } from '../../src/anomalies/types.ts'
import { suite } from '../support/suite.ts'

const test = suite('anomalies/detector')
const DAY = 1_440
const START = 29_449_440

type Rate = (minute: number) => { records: number; errors?: number; severities?: number }

/** Two days of one service; even counts, changed from the second noon on. */
function run(rate: Rate, minutes = 2 * DAY): (Change & { at: number })[] {
  const detector = new Detector({ sensitivity: 'medium' })
  const all: (Change & { at: number })[] = []
  for (let at = 0; at < minutes; at++) {
    const { errors = 2, records, severities = 1 << 9 } = rate(at)
    const counts = records === 0 ? [] : [{ service: 'shop', records, errors, severities }]
    for (const change of detector.minute(START + at, counts)) all.push({ ...change, at })
  }
  return all
}

const NOON = 1.5 * DAY
const isHit = (at: number, minutes = 20): boolean => at >= NOON && at < NOON + minutes
const kindsOf = (changes: readonly Change[]): string[] =>
  changes.map(change => `${change.type} ${change.type === 'opened' ? change.finding.kind : change.name.kind}`)

test('nothing is found where nothing happens', () => {
  assert.equal(
    run(() => ({ records: 100 })),
    [],
  )
})

for (const [kind, records] of [
  ['volume_spike', 300],
  ['volume_drop', 30],
  ['silent', 0],
] as const)
  test(`${kind} is found within two minutes, once, and ends`, () => {
    const changes = run(at => ({ records: isHit(at) ? records : 100 }))
    assert.equal(kindsOf(changes), [`opened ${kind}`, `resolved ${kind}`])
    const [opened, resolved] = changes
    assert.ok(opened!.at - NOON < 2)
    assert.ok(opened?.type === 'opened' && opened.finding.sinceMinute === START + NOON)
    assert.ok(resolved!.at >= NOON + 20 && resolved!.at < NOON + 30)
  })

test('more errors among as many records are found; with more records of each they are not', () => {
  assert.equal(kindsOf(run(at => ({ records: 100, errors: isHit(at) ? 30 : 2 }))), [
    'opened error_rate',
    'resolved error_rate',
  ])
  const both = run(at => (isHit(at) ? { records: 400, errors: 8 } : { records: 100 }))
  assert.equal(kindsOf(both), ['opened volume_spike', 'resolved volume_spike'])
})

test('a severity that was never there is told once, and passes', () => {
  const changes = run(at => ({ records: 100, severities: isHit(at) ? 1 << 21 : 1 << 9 }))
  assert.equal(kindsOf(changes), ['opened new_severity', 'resolved new_severity'])
  assert.ok(changes[0]!.type === 'opened' && changes[0]!.finding.severity === 21)
})

test('a service is new after the first day only', () => {
  const news = (since: number): Change[] => run(at => ({ records: at < since ? 0 : 50 })).slice(0, 1)
  assert.equal(kindsOf(news(DAY / 2)), [])
  const detector = new Detector({ sensitivity: 'medium' })
  const count = { records: 50, errors: 0, severities: 1 }
  const changes: Change[] = []
  for (let at = 0; at < DAY + 20; at++) {
    const counts = [{ service: 'a', ...count }, ...(at > DAY ? [{ service: 'b', ...count }] : [])]
    changes.push(...detector.minute(START + at, counts))
  }
  assert.equal(kindsOf(changes), ['opened new_service', 'resolved new_service'])
})

test('a level that stays is the new one', () => {
  const changes = run(at => ({ records: at >= NOON ? 300 : 100 }))
  assert.equal(kindsOf(changes), ['opened volume_spike', 'resolved volume_spike'])
})

test('minutes come in order', () => {
  const detector = new Detector({ sensitivity: 'medium' })
  detector.minute(START, [])
  assert.throws(() => detector.minute(START, []), 'instead of')
})

test.run()

/**
 * What the kernel counts beside the rows: rollups by minute, severity and service, segments, least and greatest time.
 */
import * as assert from 'uvu/assert'
import { MAX_ROLLUPS, ROLLUPS_BEFORE_OTHER } from '../../src/kernel/memory-map.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'
import { createBench, NOW, type Parsed } from './harness.ts'

const test = suite('kernel: rollups')

/** The rollups of the rows, counted again. */
function recount(parsed: Parsed): Map<string, [records: number, bytes: number]> {
  const counts = new Map<string, [number, number]>()
  for (const row of parsed.rows) {
    const key = `${row.ts / 60_000_000n} ${row.severity} ${row.service ?? ''}`
    const [records, bytes] = counts.get(key) ?? [0, 0]
    counts.set(key, [records + 1, bytes + row.valueBytes])
  }
  return counts
}

const rollupsOf = (parsed: Parsed): Map<string, [number, number]> =>
  new Map(
    parsed.rollups.map(({ minute, severity, service, records, bytes }) => [
      `${minute} ${severity} ${service}`,
      [records, bytes],
    ]),
  )

test('rollups are what a recount of the rows gives', () => {
  const bench = createBench()
  const records = Array.from({ length: 500 }, (_, i) => ({
    value: JSON.stringify({
      service: ['api', 'a service with quite a long name', null, 'ü', ''][i % 5],
      level: ['info', 'error'][i % 2],
      ts: NOW - (i % 7) * 30_000,
      n: 'x'.repeat(i % 11),
    }),
  }))
  const parsed = bench.parse(encodeBatch({ records, baseTimestamp: NOW }))
  assert.equal(new Map([...rollupsOf(parsed)].sort()), new Map([...recount(parsed)].sort()))
  assert.is(parsed.result.minTs, NOW * 1000 - 180_000_000)
  assert.is(parsed.result.maxTs, NOW * 1000)
})

test('the surplus of keys counts under (other), and no result has more than 4,096', () => {
  const bench = createBench()
  const records = Array.from({ length: 6000 }, (_, i) => ({
    value: `{"service":"s${i}","ts":${NOW - i * 100}}`,
  }))
  const parts = bench.parseAll(encodeBatch({ records, baseTimestamp: NOW }), () => 4 << 20)
  const total = parts.flatMap(part => part.rollups).reduce((sum, rollup) => sum + rollup.records, 0)
  assert.is(total, 6000)
  assert.is(parts[0]!.rollups.filter(rollup => rollup.service !== '(other)').length, ROLLUPS_BEFORE_OTHER)
  for (const part of parts) assert.ok(part.rollups.length <= MAX_ROLLUPS)
})

test('where even (other) finds no room the result ends, and nothing is lost or counted twice', () => {
  const bench = createBench()
  const records = Array.from({ length: 9000 }, (_, i) => ({
    value: `{"service":"s${i}","ts":${NOW - i * 60_000}}`,
  }))
  const parts = bench.parseAll(encodeBatch({ records, baseTimestamp: NOW }), () => 6 << 20)
  assert.is(parts[0]!.result.stop, 'output_full')
  assert.is(parts[0]!.rollups.length, MAX_ROLLUPS)
  for (const part of parts) {
    assert.ok(part.rollups.every(rollup => rollup.records > 0))
    assert.is(
      part.rollups.reduce((sum, rollup) => sum + rollup.records, 0),
      part.rows.length,
    )
  }
  assert.is(parts.flatMap(part => part.rows).length, 9000)
})

test('segments are named once each, ascending, by the configured unit', () => {
  const hour = 3_600_000
  const records = [0, 30, 1, 0, 25, 30].map(hours => ({ value: `{"ts":${NOW - hours * hour}}` }))
  for (const [segment, unit] of [
    ['hour', hour],
    ['day', 24 * hour],
  ] as const) {
    const { result } = createBench({ segment }).parse(encodeBatch({ records, baseTimestamp: NOW }))
    const starts = [30, 25, 1, 0].map(hours => Math.floor((NOW - hours * hour) / unit) * unit)
    assert.equal(result.segments, [...new Set(starts)])
  }
})

test('the first microsecond of a minute belongs to it', () => {
  const start = Math.ceil(NOW / 60_000) * 60
  const records = [start - 1, start, start + 60, start].map(seconds => ({ value: `{"ts":${seconds}}` }))
  const parsed = createBench().parse(encodeBatch({ records, baseTimestamp: NOW }))
  assert.equal(new Map([...rollupsOf(parsed)].sort()), new Map([...recount(parsed)].sort()))
})

test('a task on a slot that served other settings reads its own', () => {
  const bench = createBench()
  const input = encodeBatch({ records: [{ value: '{"service":"y","dienst":"x"}' }, { value: '?' }] })
  const none = { ts: [], severity: [], service: [], host: [], trace_id: [], span_id: [], message: [] }
  const other = bench.withSettings({ malformed: 'dead_letter', aliases: { ...none, service: ['dienst'] } })
  for (let round = 0; round < 2; round++) {
    const first = bench.parse(input)
    assert.equal(
      [first.rows[0]!.service, first.rows[0]!.attrs, first.rows.length],
      ['y', '{"dienst":"x"}', 2],
    )
    const second = other.parse(input)
    assert.equal([second.rows[0]!.service, second.rows[0]!.attrs], ['x', '{"service":"y"}'])
    assert.is(second.deadLetters.length, 1)
  }
})

test.run()

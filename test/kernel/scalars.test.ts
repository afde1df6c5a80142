/**
 * Times, severities and labels in the kernel against their twins, each seen through the column that it fills.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { severityNames } from '../../src/kernel/severities.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { parseSeverity } from '../reference/severity.ts'
import { cut, sanitize } from '../reference/text.ts'
import { parseTime } from '../reference/timestamp.ts'
import { suite } from '../support/suite.ts'
import { numberText, runs, timeText } from './arbitraries.ts'
import { createBench, NOW, type TableRow } from './harness.ts'

const test = suite('kernel: scalars', { timeoutMs: 60_000 })
const bench = createBench()

/** The row of one record whose Kafka time, and now, is the given one. */
function rowOf(value: string, kafkaTimeMs = NOW): TableRow {
  const input = encodeBatch({ records: [{ value }], baseTimestamp: kafkaTimeMs })
  return bench.parse(input, { nowMs: Math.max(kafkaTimeMs, 1) }).rows[0]!
}

test('a time is the one that the twin reads, to the microsecond, whatever the year', () => {
  fc.assert(
    fc.property(fc.oneof(timeText, numberText), text => {
      const micros = parseTime(text, BigInt(NOW) * 1000n)
      const kafkaTimeMs = micros === null || micros < 1000n ? NOW : Number(micros / 1000n)
      fc.pre(Number.isSafeInteger(kafkaTimeMs * 1000))
      const row = rowOf(JSON.stringify({ ts: text }), kafkaTimeMs)
      const isNear =
        micros !== null && micros >= 0n && BigInt(kafkaTimeMs) * 1000n - micros <= 7n * 86_400_000_000n
      assert.is(row.ts, isNear ? micros : BigInt(kafkaTimeMs) * 1000n)
      const attrs = isNear ? {} : micros === null ? { ts: text } : { 'lc.ts': text }
      assert.equal(JSON.parse(row.attrs), attrs)
    }),
    runs(3000),
  )
})

test('known times', () => {
  const known: readonly [string, string][] = [
    ['"2023-11-14T22:13:20Z"', '1700000000000000'],
    ['"2023-11-14t23:13:20.1+01:00"', '1700000000100000'],
    ['"2023-11-14 16:43:20,1234567-0530"', '1700000000123456'],
    ['"2023-11-14 22:13:20"', '1700000000000000'],
    ['1700000000', '1700000000000000'],
    ['1700000000.25', '1700000000250000'],
    ['"1700000000123"', '1700000000123000'],
    ['1700000000123456', '1700000000123456'],
    ['1700000000123456789', '1700000000123456'],
    ['1.7000000005E9', '1700000000500000'],
  ]
  for (const [text, micros] of known) assert.is(String(rowOf(`{"time":${text}}`).ts), micros, text)
})

test('a time outside of the window gives way to Kafka’s and stays in attrs', () => {
  const hour = 3600
  const day = 24 * hour
  const now = NOW / 1000
  for (const [seconds, isTaken] of [
    [now + hour, true],
    [now + hour + 1, false],
    [now - 7 * day, true],
    [now - 7 * day - 1, false],
  ] as const) {
    const row = rowOf(`{"ts":${seconds}}`)
    assert.is(row.ts, BigInt(isTaken ? seconds : now) * 1_000_000n)
    assert.is(row.attrs, isTaken ? '{}' : `{"lc.ts":${seconds}}`)
  }
})

test('every name of a severity counts in any case', () => {
  for (const [name, severity] of Object.entries(severityNames)) {
    for (const text of [name, name.toUpperCase(), ` ${name[0]!.toUpperCase()}${name.slice(1)} `]) {
      const row = rowOf(JSON.stringify({ level: text }))
      assert.equal([row.severity, row.attrs], [severity, '{}'], text)
    }
  }
})

test('the README’s table has every name at its number', () => {
  const readme = readFileSync(join(repositoryRoot, 'src/kernel/README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| (\d+) \| ([a-z, ]+) \|/gm)]
  const listed = rows.flatMap(([, number, names]) => names!.split(', ').map(name => [name, Number(number)]))
  assert.equal(Object.fromEntries(listed), severityNames)
})

test('every number of a severity counts by its field', () => {
  for (let number = -1; number <= 101; number++) {
    for (const field of ['level', 'severity_number']) {
      const expected = parseSeverity(String(number), field === 'severity_number')
      for (const text of [String(number), JSON.stringify(String(number))]) {
        const row = rowOf(`{"${field}":${text}}`)
        assert.is(row.severity, expected, `${field} ${text}`)
        assert.is(row.attrs, expected === 0 ? `{"${field}":${text}}` : '{}')
      }
    }
  }
})

test('labels are cut at 256 bytes between characters, and kept whole in attrs', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', minLength: 200, maxLength: 300 }), text => {
      fc.pre(!text.includes('\ue000'))
      const whole = sanitize(text).text
      const row = rowOf(JSON.stringify({ host: text, msg: text }))
      assert.is(row.host, cut(whole, 256))
      assert.is(row.message, whole)
      const attrs = JSON.parse(row.attrs) as Record<string, unknown>
      assert.is(attrs.host, row.host === whole ? undefined : whole)
      assert.is(attrs['lc.sanitized'], row.host === text && whole === text ? undefined : true)
    }),
    runs(500),
  )
})

test('the first alias of the list wins, not the first of the text', () => {
  const row = rowOf('{"application":"c","app":"b","service":{"name":"a","version":"1"},"n":0}')
  assert.equal(
    [row.service, row.attrs],
    ['a', '{"n":0,"app":"b","service":{"version":"1"},"application":"c"}'],
  )
  const literal = rowOf('{"service.name":"x","service":{"version":"1"}}')
  assert.equal([literal.service, literal.attrs], ['x', '{"service":{"version":"1"}}'])
})

test('of equal keys the first fills the column and the others stay', () => {
  const row = rowOf('{"msg":"a","msg":"b","x":1,"msg":"c"}')
  assert.equal([row.message, row.attrs], ['a', '{"x":1,"msg":"b","msg":"c"}'])
})

test('an object that loses its only member stays, empty', () => {
  assert.is(rowOf('{"a":1,"host":{"name":"h"}}').attrs, '{"a":1,"host":{}}')
})

test.run()

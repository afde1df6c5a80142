/**
 * The line formats (access logs, syslog) against their twins, over fuzzed and mutated lines, and how much room their
 * rows take.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { ExtraColumn, ParserSettings, RecordFormat } from '../../src/parse/contract.ts'
import { encodeRow } from '../reference/copy-row.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { parseTime } from '../reference/timestamp.ts'
import { suite } from '../support/suite.ts'
import { recordOf, runs } from './arbitraries.ts'
import { createBench, defaultSettings, NOW, type TableRow } from './harness.ts'
import { accessTime, anyLine, syslogTime } from './line-arbitraries.ts'
import { checkRecords } from './twin.ts'

const test = suite('kernel: lines', { timeoutMs: 120_000 })

/** Columns and aliases that take fields of lines away from attrs, from every place. */
const columns: readonly ExtraColumn[] = [
  { name: 'status', from: 'status', type: 'smallint' },
  { name: 'method', from: 'method', type: 'text' },
  { name: 'pid', from: 'pid', type: 'integer' },
  { name: 'iut', from: 'meta@1.iut', type: 'text' },
  { name: 'seconds', from: 'request_time', type: 'double precision' },
  { name: 'at', from: 'user', type: 'timestamptz' },
]
const aliases: ParserSettings['aliases'] = {
  ...defaultSettings.aliases,
  service: ['facility', 'service.id'],
  trace_id: ['path', 'trace.id'],
  message: ['extra', 'msgid'],
}
const cases: readonly Partial<ParserSettings>[] = [
  { format: 'access' },
  { format: 'access', columns, aliases },
  { format: 'syslog' },
  { format: 'syslog', malformed: 'dead_letter', columns, aliases, keys: true },
  { format: 'auto' },
  { format: 'auto', columns },
]

for (const changes of cases) {
  const { columns: extras = [], format, malformed = '' } = changes
  test(`rows and dead letters are the twin's: ${format}, ${extras.length} columns ${malformed}`, () => {
    const bench = createBench(changes)
    const settings = { ...defaultSettings, ...changes }
    fc.assert(
      fc.property(fc.array(recordOf(anyLine), { minLength: 1, maxLength: 12 }), records =>
        checkRecords(bench, settings, records),
      ),
      runs(400),
    )
  })
}

const formats: readonly RecordFormat[] = ['access', 'syslog', 'auto']
const benches = new Map(formats.map(format => [format, createBench({ format })]))

function rowOf(format: RecordFormat, value: string, kafkaTimeMs = NOW): TableRow {
  const input = encodeBatch({ records: [{ value }], baseTimestamp: kafkaTimeMs })
  return benches.get(format)!.parse(input, { nowMs: kafkaTimeMs }).rows[0]!
}

test('a row is byte for byte what the plain encoder makes of its fields', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...formats),
      fc.array(anyLine, { minLength: 1, maxLength: 5 }),
      (format, values) => {
        const input = encodeBatch({ records: values.map(value => ({ value })) })
        const { copy, rows } = benches.get(format)!.parse(input)
        assert.equal(copy, Buffer.concat(rows.map(encodeRow)))
      },
    ),
    runs(150),
  )
})

test('times of lines are those that the twin reads, in every year', () => {
  const kafkaTime = fc.oneof(fc.constant(NOW), fc.integer({ min: 1, max: 4_000_000_000_000 }))
  fc.assert(
    fc.property(fc.oneof(accessTime, syslogTime), kafkaTime, (text, kafkaTimeMs) => {
      const micros = parseTime(text, BigInt(kafkaTimeMs) * 1000n)
      const { attrs, ts } = rowOf('auto', JSON.stringify({ ts: text }), kafkaTimeMs)
      const now = BigInt(kafkaTimeMs) * 1000n
      const isNear =
        micros !== null && micros >= 0n && micros >= now - 604_800_000_000n && micros <= now + 3_600_000_000n
      assert.is(ts, isNear ? micros : now)
      assert.equal(JSON.parse(attrs), isNear ? {} : micros === null ? { ts: text } : { 'lc.ts': text })
    }),
    runs(1500),
  )
})

test('a syslog time without a year has the one that Kafka’s time says', () => {
  const known: readonly [string, string, string][] = [
    ['Dec 31 23:59:58', '2024-01-01T00:00:01.000Z', '2023-12-31T23:59:58.000Z'],
    ['Jan  1 00:00:01', '2023-12-31T23:59:59.000Z', '2024-01-01T00:00:01.000Z'],
    ['Feb 29 12:00:00', '2024-03-01T00:00:00.000Z', '2024-02-29T12:00:00.000Z'],
    ['Nov 14 2023 22:13:20.5', '2023-11-15T00:00:00.000Z', '2023-11-14T22:13:20.500Z'],
  ]
  for (const [time, kafka, expected] of known) {
    const row = rowOf('syslog', `${time} web-1 app: hi`, Date.parse(kafka))
    assert.is(new Date(Number(row.ts / 1000n)).toISOString(), expected, time)
  }
})

test('the least texts grow the most, and fit what was reckoned', () => {
  const head = '192.0.2.7 - - [14/Nov/2023:22:13:20 +0000] '
  const names = (count: number) => Array.from({ length: count }, (_, i) => `p${i}="\\]"`).join(' ')
  const grown: readonly [RecordFormat, string][] = [
    ['access', `${head}"GET ${'\u0001'.repeat(20_000)} HTTP/1.1" 200 1`],
    ['access', `${head}"GET / HTTP/1.1" 200 1 "${'\\a'.repeat(20_000)}" "${'\0'.repeat(20_000)}"`],
    ['access', `${head}"" 200 1 "-" "-" ${'"'.repeat(60_000)}`],
    ['syslog', `<13>${'\0'.repeat(60_000)}`],
    ['syslog', `<13>${'\u0001'.repeat(60_000)}: x`],
    ['syslog', `<13>1 - - - - - [a ${names(48)} ${'\\'.repeat(20_000)}="${'\u0001'.repeat(20_000)}"]`],
    ['syslog', `<13>1 - - - - - [a ${names(48)}]`],
    ['syslog', `<13>1 - - - - - ${'[\\]'.repeat(20_000)}`],
  ]
  for (const [format, value] of grown) {
    const parts = benches.get(format)!.parseAll(encodeBatch({ records: [{ value }] }), () => 65_536)
    const rows = parts.flatMap(part => part.rows)
    assert.is(rows.length, 1, value.slice(0, 20))
    JSON.parse(rows[0]!.attrs)
  }
})

test('auto takes for syslog or an access log only what nobody takes for anything else', () => {
  const line = '"GET / HTTP/1.1" 200 1'
  const taken: readonly [string, boolean][] = [
    [`::1 - - [14/Nov/2023:22:13:20 +0000] ${line}`, true],
    [`::1 - - [14/Nov/2023 22:13:20 +0000] ${line}`, false],
    ['Nov 14 22:13:20 web-1 sshd[1]: hi', true],
    ['Nov 14 22:13:20 web-1 no tag', false],
    ['Nov 14 22:13:20 sshd[1]: no host', false],
    ['2023-11-14T22:13:20Z web-1 sshd[1]: hi', true],
    ['2023-11-14T22:13:20Z INFO com.example.Main: hi', false],
    ['<13>Nov 14 22:13:20 web-1 hi', true],
    ['<13>hi', false],
    ['<13>1 - - - - - - hi', true],
    ['<b>bold</b>', false],
  ]
  for (const [value, isTaken] of taken) {
    const { attrs, message } = rowOf('auto', value)
    assert.is(message !== value, isTaken, value)
    if (!isTaken) assert.is(attrs, '{}')
  }
})

test('a label too long for its column stays whole under its plain name', () => {
  const long = 'a'.repeat(300)
  const row = rowOf('syslog', `<13>Nov 14 22:13:20 web-1 ${long}[7]: hi`)
  assert.is(row.service, long.slice(0, 256))
  assert.equal(JSON.parse(row.attrs), { facility: 'user', service: long, pid: 7, 'lc.sanitized': true })
})

test.run()

/**
 * Steps between scan and encode: what they see, what becomes of what they change, drop or fail on; and that a record
 * that no step changes is stored as if there were none.
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { DEAD_REWRITE_TOO_LARGE, DEAD_STEP_FAILED } from '../../src/kernel/memory-map.ts'
import { columnKey } from '../../src/kernel/slot.ts'
import {
  hasLines,
  type ParserSettings,
  promotedColumns,
  type RecordFormat,
} from '../../src/parse/contract.ts'
import { TIMED_EVERY } from '../../src/parse/step-times.ts'
import type { Fields, Outcome } from '../../src/parse/steps/step.ts'
import { recordOf, runs } from '../kernel/arbitraries.ts'
import { createBench, NOW } from '../kernel/harness.ts'
import { anyLine } from '../kernel/line-arbitraries.ts'
import { anyText } from '../kernel/logfmt-arbitraries.ts'
import { encodeBatch, type TestRecord } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('parse: step lane', { timeoutMs: 60_000 })
type Run = (fields: Fields) => Outcome | undefined

function benchOf(changes: Partial<ParserSettings>, ...runs: readonly Run[]) {
  const steps = runs.map((_, index) => ({ kind: `s${index}`, options: null }))
  return createBench({ ...changes, name: 'web', steps }, undefined, configs =>
    configs.map(({ kind }, index) => ({ kind, run: fields => runs[index]!(fields) ?? 'keep' })),
  )
}

const batchOf = (values: readonly (string | Buffer | null)[]) =>
  encodeBatch({ records: values.map(value => ({ value })), baseTimestamp: NOW })

/** The one row of one record. */
function rowOf(value: string | null, run: Run, changes: Partial<ParserSettings> = {}) {
  const { rows, result } = benchOf(changes, run).parse(batchOf([value]))
  assert.is(rows.length, 1)
  return { ...rows[0]!, attrs: JSON.parse(rows[0]!.attrs) as object, sanitized: result.sanitized }
}

const record =
  '{"level":"warn","service":"web","app":"shop","msg":"hi \\u00e9","n":1.50,"http":{"status":200}}'

test('fields are read by column, by key and by path', () => {
  const seen: unknown[] = []
  rowOf(record, fields => {
    for (const name of ['severity', 'service', 'message', 'n', 'http.status', 'http', 'app', 'none', 'host'])
      seen.push(fields.text(name))
    seen.push(fields.names())
    return 'keep'
  })
  assert.equal(seen, [
    'warn',
    'web',
    'hi é',
    '1.50',
    '200',
    '{"status":200}',
    'shop',
    null,
    null,
    ['app', 'n', 'http'],
  ])
})

test('what is set goes to its column or to attrs, and the rest stays as it came', () => {
  const row = rowOf(record, fields => {
    fields.set('service', 'grün')
    fields.set('severity', 'error')
    fields.set('host', 'h1')
    fields.set('ts', NOW - 1000)
    fields.set('http.status', 404)
    fields.set('http.path', '/ü"')
    fields.set('new', true)
    fields.remove('app')
    return 'keep'
  })
  assert.equal([row.service, row.severity, row.host, row.message], ['grün', 17, 'h1', 'hi é'])
  assert.is(row.ts, BigInt(NOW - 1000) * 1000n)
  assert.equal(row.attrs, { n: 1.5, http: { status: 404, path: '/ü"' }, new: true })
})

test('what is renamed keeps its type, digit by digit', () => {
  const value =
    '{"n":1.50,"big":12345678901234567890,"on":true,"list":[1,"\\u00e9"],"http":{"status":200},"t":"5","z":null}'
  const row = rowOf(value, fields => {
    const names = { n: 'number', big: 'huge', on: 'flag', list: 'items', 'http.status': 'code', t: 'text' }
    for (const [from, to] of Object.entries(names)) assert.ok(fields.rename(from, to), from)
    assert.not(fields.rename('missing', 'x'))
    assert.not(fields.rename('z', 'x'))
    assert.ok(fields.rename('items', 'http.items'), 'into an object')
    return 'keep'
  })
  assert.equal(row.attrs, {
    number: 1.5,
    huge: Number('12345678901234567890'),
    flag: true,
    code: 200,
    text: '5',
    z: null,
    http: { items: [1, 'é'] },
  })
})

test('what is renamed to a column fills it by its meaning, as text where it takes no other', () => {
  const value = `{"lvl":50,"payload":{"a":"\\u00e9"},"when":${NOW - 2000},"id":7,"msg":"before","odd":[1]}`
  const row = rowOf(value, fields => {
    fields.rename('lvl', 'severity')
    fields.rename('payload', 'message')
    fields.rename('when', 'ts')
    fields.rename('id', 'service')
    fields.rename('odd', 'severity')
    return 'keep'
  })
  assert.equal([row.severity, row.message, row.service], [17, '{"a":"\\u00e9"}', '7'])
  assert.is(row.ts, BigInt(NOW - 2000) * 1000n)
  assert.equal(row.attrs, { severity: [1] })
  const back = rowOf('{"msg":"hi","n":1}', fields => {
    fields.rename('message', 'n')
    return 'keep'
  })
  assert.equal([back.message, back.attrs], [null, { n: 'hi' }])
})

test('a column that is removed is empty, whatever its aliases', () => {
  const row = rowOf(record, fields => {
    fields.remove('service')
    fields.set('severity', 'nonsense')
    return 'keep'
  })
  assert.equal([row.service, row.severity], [null, 13])
  assert.equal(row.attrs, { n: 1.5, http: { status: 200 }, severity: 'nonsense' })
})

test('every format is offered, also what is malformed, and a tombstone', () => {
  const cases: readonly [RecordFormat, string | null, string | null, object][] = [
    ['raw', 'a "b" \\ \u0001', 'a "b" \\ \u0001', {}],
    ['logfmt', 'a=1 msg="x y" b', 'x y', { a: 1, b: true }],
    ['syslog', '<13>Nov 14 22:13:20 h a[7]: hi', 'hi', { facility: 'user', pid: 7 }],
    ['access', '<13>hi', '<13>hi', { 'lc.error': 'no line of an access log' }],
    ['json', 'no json', 'no json', { 'lc.error': 'not JSON' }],
    ['json', null, null, { 'lc.tombstone': true }],
  ]
  for (const [format, value, message, attrs] of cases) {
    const row = rowOf(
      value,
      fields => {
        assert.is(fields.text('message'), message)
        fields.set('x', 1)
        return 'keep'
      },
      { format },
    )
    assert.is(row.message, message)
    assert.equal(row.attrs, { ...attrs, x: 1 })
  }
})

test('what a line holds for columns is seen, changed and taken away under their names', () => {
  const line = '::1 - - [14/Nov/2023:22:13:20 +0000] "GET /a HTTP/1.1" 500 7'
  const seen: unknown[] = []
  const run: Run = fields => {
    for (const name of ['ts', 'severity', 'message', 'status', 'client.address']) seen.push(fields.text(name))
    fields.set('message', `${fields.text('method')} ${fields.text('path')}`)
    fields.set('service', 'shop')
    fields.remove('severity')
    return 'keep'
  }
  const row = rowOf(line, run, { format: 'access' })
  assert.equal(seen, ['14/Nov/2023:22:13:20 +0000', 'err', 'GET /a HTTP/1.1', '500', '::1'])
  assert.equal([row.message, row.service, row.severity], ['GET /a', 'shop', 0])
  assert.is(row.ts, BigInt(NOW) * 1000n)
  const left = { method: 'GET', path: '/a', protocol: 'HTTP/1.1', status: 500, bytes: 7 }
  assert.equal(row.attrs, { 'client.address': '::1', ...left })
})

test('more pairs than are noted are stored whole, changed or not', () => {
  const keys = Array.from({ length: 100 }, (_, i) => `k${i}`)
  const value = keys.map((key, i) => `${key}=${i}`).join(' ')
  const attrs = Object.fromEntries(keys.map((key, i) => [key, i]))
  assert.equal(rowOf(value, () => 'keep', { format: 'logfmt' }).attrs, attrs)
  const changed = rowOf(
    value,
    fields => {
      fields.set('k0', 'x')
      return 'keep'
    },
    { format: 'logfmt' },
  )
  assert.equal(changed.attrs, { ...attrs, k0: 'x' })
})

test('dropped records are counted by step, and the offsets add up', () => {
  const bench = benchOf(
    {},
    fields => (fields.text('n') === '1' ? 'drop' : 'keep'),
    fields => (fields.text('n') === '3' ? 'drop' : 'keep'),
  )
  const { result, rows, rollups } = bench.parse(batchOf([1, 2, 3, 1, 4].map(n => `{"n":${n}}`)))
  assert.equal([result.dropped, result.droppedBy, result.nextOffset], [3, [2, 1], 5])
  assert.equal(
    rows.map(({ offset }) => offset),
    [1, 4],
  )
  assert.is(
    rollups.reduce((sum, { records }) => sum + records, 0),
    2,
  )
})

test('a step that throws costs its record, with the names in the reason', () => {
  const bench = benchOf(
    {},
    () => 'keep',
    fields => {
      if (fields.text('n') === '2') throw new Error('kaputt: ü')
      return 'keep'
    },
  )
  const { result, rows, deadLetters } = bench.parse(batchOf([1, 2, 3].map(n => `{"n":${n}}`)))
  assert.is(rows.length, 2)
  assert.equal(
    deadLetters.map(({ offset, code, value }) => [offset, code, String(value)]),
    [[1, DEAD_STEP_FAILED, '{"n":2}']],
  )
  assert.equal(result.failedBy, [0, 1])
  assert.equal(result.stepFailures, [{ offset: 1, reason: 'pipeline web, step 2 (s1): kaputt: ?' }])
})

test('a record that its steps make too large is a dead letter, with the bytes that came', () => {
  const bench = benchOf({ maxRecordBytes: 1024 }, fields => {
    if (fields.text('n') === '2') fields.set('x', 'y'.repeat(80_000))
    return 'keep'
  })
  const { rows, deadLetters } = bench.parse(batchOf([1, 2, 3].map(n => `{"n":${n}}`)))
  assert.is(rows.length, 2)
  assert.equal(
    deadLetters.map(({ code, value }) => [code, String(value)]),
    [[DEAD_REWRITE_TOO_LARGE, '{"n":2}']],
  )
})

test('where an output is full the record is dealt with once, by the next task', () => {
  const bench = benchOf({ format: 'raw' }, fields => {
    fields.set('x', 1)
    return fields.text('message')?.endsWith('7') ? 'drop' : 'keep'
  })
  const values = Array.from({ length: 1000 }, (_, i) => `${'m'.repeat(200)}${i}`)
  const parts = bench.parseAll(batchOf(values), () => 65_536)
  assert.ok(parts.length > 2)
  assert.is(
    parts.reduce((sum, { result }) => sum + result.dropped, 0),
    100,
  )
  assert.equal(
    parts.flatMap(({ rows }) => rows.map(({ offset }) => offset)),
    values.flatMap((_, i) => (i % 10 === 7 ? [] : [i])),
  )
})

/** A record that was rewritten names a column, of which something must stay in attrs, by the column's own key. */
const plainNames = (attrs: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(JSON.parse(attrs) as object).map(([key, value]) => [
      columnKeys.includes(key) ? key.slice(1) : key,
      value,
    ]),
  )
const columnKeys = promotedColumns.map(columnKey)

const formats: readonly RecordFormat[] = ['json', 'logfmt', 'access', 'syslog', 'raw', 'auto']
for (const format of formats) {
  const anyValue = hasLines(format) ? fc.oneof(anyLine, anyText) : anyText
  test(`a record that no step changes is stored as without steps: ${format}`, () => {
    const plain = createBench({ format })
    const stepped = benchOf({ format }, fields => {
      fields.names()
      fields.text('message')
      return 'keep'
    })
    fc.assert(
      fc.property(fc.array(recordOf(anyValue), { minLength: 1, maxLength: 8 }), (records: TestRecord[]) => {
        const input = encodeBatch({ records, baseTimestamp: NOW })
        const one = plain.parse(input)
        // Beyond the table of pairs a record is handed to the steps as JSON, where a key without "=" fills its column.
        if (one.rows.some(({ attrs }) => attrs.includes(':true') && attrs.split('":').length > 60)) return
        const other = stepped.parse(input)
        assert.equal(other.copy, one.copy)
        assert.equal(other.deadLetters, one.deadLetters)
      }),
      runs(150),
    )
  })

  test(`a change elsewhere leaves the row as it is: ${format}`, () => {
    const plain = createBench({ format })
    const stepped = benchOf({ format }, fields => {
      fields.set('zz.own', 1)
      return 'keep'
    })
    fc.assert(
      fc.property(fc.array(recordOf(anyValue), { minLength: 1, maxLength: 8 }), (records: TestRecord[]) => {
        const input = encodeBatch({ records, baseTimestamp: NOW })
        const one = plain.parse(input).rows
        const other = stepped.parse(input).rows
        assert.is(other.length, one.length)
        other.forEach((row, index) => {
          const { attrs, ...columns } = row
          const { attrs: before, ...same } = one[index]!
          // A logfmt key without "=" fills no column, but `true` does once the record is written out as JSON.
          if (before.includes(':true')) return
          assert.equal(columns, same)
          const { 'zz.own': own, ...rest } = plainNames(attrs)
          assert.is(own, 1)
          assert.equal(rest, JSON.parse(before))
        })
      }),
      runs(150),
    )
  })
}

test('some records are timed, also across tasks, and the slow step is known', () => {
  const spin = (): undefined => {
    const end = performance.now() + 1
    while (performance.now() < end);
  }
  const bench = benchOf({}, () => undefined, spin)
  const input = batchOf(Array.from({ length: TIMED_EVERY - 1 }, () => record))
  assert.equal(bench.parse(input).result.stepTimes, [], 'not due yet')
  const [fast, slow] = bench.parse(input).result.stepTimes
  assert.equal([fast?.runs, slow?.runs], [1, 1])
  assert.ok(slow!.maxMs >= 1 && slow!.ms === slow!.maxMs)
  assert.equal(bench.parse(batchOf([record])).result.stepTimes, [], 'those of a task are its own')
})

test.run()

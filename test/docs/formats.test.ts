/** Every example of docs/formats.md is what the kernel makes of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { settingOf } from '../../src/config/settings/index.ts'
import { parseValue } from '../../src/config/values.ts'
import { readYaml } from '../../src/config/yaml-file.ts'
import type { ColumnType, ExtraColumn, RecordFormat } from '../../src/parse/contract.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { createBench, NOW, type TableRow } from '../kernel/harness.ts'
import type { ExtraValue } from '../reference/extra-column.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { suite } from '../support/suite.ts'

const test = suite('docs/formats')
const page = readFileSync(join(repositoryRoot, 'docs', 'formats.md'), 'utf8')

const EXAMPLE = /```text (\w+)\n([\s\S]*?)\n```\n```json\n([\s\S]*?)\n```/g
const examples = [...page.matchAll(EXAMPLE)].map(({ index, 1: format, 2: input, 3: row }) => ({
  /** Those behind the settings of columns have them. */
  hasColumns: index > page.indexOf('```yaml'),
  format: format as RecordFormat,
  input: input!,
  row: JSON.parse(row!) as Record<string, unknown>,
}))

function columnsOfPage(): readonly ExtraColumn[] {
  const yaml = /```yaml\n([\s\S]*?)\n```/.exec(page)![1]!
  const parsed = parseValue(settingOf('columns'), readYaml(yaml, 'formats.md', []).get('columns')!.raw)
  assert.ok('value' in parsed)
  return (parsed as { value: readonly ExtraColumn[] }).value
}

function shownExtra(value: ExtraValue, type: ColumnType): unknown {
  if (typeof value !== 'bigint') return value
  if (type !== 'double precision') return Number(value)
  const bits = Buffer.alloc(8)
  bits.writeBigUInt64BE(value)
  return bits.readDoubleBE()
}

/** The row as the page shows it: without nulls, and with ts only where it is not Kafka's. */
function shown(row: TableRow, columns: readonly ExtraColumn[]): Record<string, unknown> {
  const { attrs, extras, host, message, service, severity, spanId, traceId, ts } = row
  const fields = {
    ts:
      ts === BigInt(KAFKA_MS) * 1000n
        ? null
        : new Date(Number(ts / 1000n)).toISOString().replace('.000Z', 'Z'),
    ...{ severity, service, host, trace_id: traceId, span_id: spanId, message },
    ...Object.fromEntries(columns.map(({ name, type }, i) => [name, shownExtra(extras[i]!, type)])),
    attrs: JSON.parse(attrs),
  }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null))
}

/** Another time than that of the examples. */
const KAFKA_MS = NOW + 5000

test('the page has examples of every format', () => {
  const formats = new Set(examples.map(({ format }) => format))
  assert.equal([...formats].sort(), ['access', 'auto', 'json', 'logfmt', 'raw', 'syslog'])
  assert.is(examples.length, page.split('```text').length - 1)
})

for (const { format, hasColumns, input, row } of examples) {
  test(`${format}: ${input.slice(0, 40)}`, () => {
    const columns = hasColumns ? columnsOfPage() : []
    const records = [{ value: input }]
    const { rows } = createBench({ format, columns }).parse(
      encodeBatch({ records, baseTimestamp: KAFKA_MS }),
      {
        nowMs: KAFKA_MS,
      },
    )
    assert.equal(shown(rows[0]!, columns), row)
  })
}

test.run()

/**
 * Whatever the records are, Postgres takes the rows that the kernel makes of them, and reads in them what the kernel
 * wrote: COPY binary of every format into a real table.
 */
import { once } from 'node:events'
import fc from 'fast-check'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import * as assert from 'uvu/assert'
import { columnTypes, type ParserSettings } from '../../src/parse/contract.ts'
import { brokenJson, jsonText, recordOf, runs } from '../kernel/arbitraries.ts'
import { createBench, type TableRow } from '../kernel/harness.ts'
import { anyLine } from '../kernel/line-arbitraries.ts'
import { anyText, typedText } from '../kernel/logfmt-arbitraries.ts'
import { encodeBatch } from '../reference/kafka-batch.ts'
import { connect } from '../support/segments.ts'
import { database } from '../support/services.ts'
import { suite } from '../support/suite.ts'

const test = suite('copy accepted', { timeoutMs: 60_000 })

/** PostgreSQL manual, COPY, "Binary Format": signature, flags, no extension; the trailer. */
const HEAD = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const TAIL = Buffer.from([0xff, 0xff])
const COLUMNS =
  'ts, severity, service, host, trace_id, span_id, message, attrs, topic_id, kafka_partition, kafka_offset'

const extras = columnTypes.map(type => ({
  name: `x_${type.replace(' ', '_')}`,
  from: `x.${type.replace(' ', '_')}`,
  type,
}))
const typed = fc
  .array(fc.tuple(fc.constantFrom(...extras), typedText), { maxLength: 9 })
  .map(list =>
    Buffer.from(
      `{${list.map(([{ from }, text]) => `${JSON.stringify(from)}:${JSON.stringify(text)}`).join(',')}}`,
    ),
  )
const bytes = fc.uint8Array({ maxLength: 120 })
const json = fc.oneof(
  jsonText.map(text => Buffer.from(text)),
  brokenJson,
  bytes,
  typed,
)

const cases: readonly [Partial<ParserSettings>, fc.Arbitrary<Uint8Array | null>][] = [
  [{ format: 'json', keys: true, headers: true, columns: extras }, json],
  [{ format: 'logfmt', keys: true, columns: extras }, fc.oneof(anyText, bytes)],
  [{ format: 'raw', headers: true }, fc.oneof(anyText, bytes)],
  [{ format: 'access' }, fc.oneof(anyLine, bytes)],
  [{ format: 'syslog' }, fc.oneof(anyLine, bytes)],
  [{ format: 'auto' }, fc.oneof(anyLine, anyText, json)],
]

async function copyInto(client: pg.Client, table: string, names: string, rows: Buffer): Promise<void> {
  const stream = client.query(copyFrom(`copy ${table} (${names}) from stdin (format binary)`))
  const done = once(stream, 'finish')
  stream.end(Buffer.concat([HEAD, rows, TAIL]))
  await done
}

/** As Postgres reads the row: texts, the time in µs, and whether attrs is the jsonb of what the kernel wrote. */
const READ = `select (extract(epoch from ts) * 1000000)::bigint as ts, severity, service, host, trace_id, span_id, message,
    attrs = (($1::text[])[row_number() over (order by kafka_offset)])::jsonb as same, topic_id, kafka_partition, kafka_offset
  from copied order by kafka_offset`

const asRead = (row: TableRow) => ({
  ts: String(row.ts),
  severity: row.severity,
  service: row.service,
  host: row.host,
  trace_id: row.traceId,
  span_id: row.spanId,
  message: row.message,
  same: true,
  topic_id: row.topicId,
  kafka_partition: row.partition,
  kafka_offset: String(row.offset),
})

for (const [changes, values] of cases)
  test(`of the format ${changes.format}, ${changes.columns?.length ?? 0} columns`, async () => {
    const bench = createBench(changes)
    const columns = changes.columns ?? []
    const client = await connect(await database())
    const definitions = columns.map(({ name, type }) => `, add column ${name} ${type}`).join('')
    await client.query('create table copied (like logs)')
    if (definitions !== '') await client.query(`alter table copied ${definitions.slice(2)}`)
    const names = [COLUMNS, ...columns.map(({ name }) => name)].join(', ')
    await fc.assert(
      fc.asyncProperty(fc.array(recordOf(values), { minLength: 1, maxLength: 60 }), async records => {
        const { copy, rows } = bench.parse(encodeBatch({ records }))
        await client.query('truncate copied')
        await copyInto(client, 'copied', names, copy)
        const read = await client.query(READ, [rows.map(({ attrs }) => attrs)])
        assert.equal(read.rows, rows.map(asRead))
      }),
      runs(60),
    )
  })

test.run()

/** Rows of logs as records of an answer. The columns are those of sql/0001; every statement names them the same. */

import type { Binder } from './conditions.ts'
import type { LogRecord, Range } from './contract.ts'
import type { Place } from './cursor.ts'
import type { Db } from './read-pool.ts'
import { isoOf } from './time.ts'

export interface LogRow {
  readonly us: string
  readonly severity: number
  readonly service: string | null
  readonly host: string | null
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly message: string | null
  readonly attrs: unknown
  readonly topic_id: number
  readonly kafka_partition: number
  readonly kafka_offset: string
  readonly topic: string
  readonly columns: Readonly<Record<string, unknown>> | null
}

/** A name as SQL has it, whatever is in it. */
export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`

const COLUMNS =
  'ts, severity, service, host, trace_id, span_id, message, attrs, topic_id, kafka_partition, kafka_offset'
/** For the inner select, from logs. */
export const columnsOf = ({ extraColumns }: Db): string =>
  [COLUMNS, ...extraColumns.map(({ name }) => quoted(name))].join(', ')

/** For the outer select, which knows the rows as l and their topics as t. */
export function selectedOf({ extraColumns }: Db): string {
  const pairs = extraColumns.map(({ name }) => `'${name.replaceAll("'", "''")}', l.${quoted(name)}`)
  const extra = pairs.length === 0 ? 'null::jsonb' : `jsonb_build_object(${pairs.join(', ')})`
  return `select (extract(epoch from ts) * 1000000)::bigint as us, severity, service, host, trace_id, span_id,
  message, attrs, topic_id, kafka_partition, kafka_offset, t.topic, ${extra} as columns`
}

export const inRange = ({ fromUs, toUs }: Range, sql: Binder): string =>
  `ts >= ${sql.bind(isoOf(fromUs), 'timestamptz')} and ts < ${sql.bind(isoOf(toUs), 'timestamptz')}`

/** In the order of logs: all columns that make it. */
export const ordered = (order: 'asc' | 'desc'): string =>
  ['ts', 'topic_id', 'kafka_partition', 'kafka_offset'].map(column => `${column} ${order}`).join(', ')

/** OpenTelemetry's short names, four numbers each; 0 is no severity. */
const classes = ['unset', 'trace', 'debug', 'info', 'warn', 'error', 'fatal'] as const
export const severityClass = (severity: number): string => classes[Math.ceil(severity / 4)] ?? 'unset'

export const placeOf = (row: LogRow): Place => ({
  us: Number(row.us),
  topicId: row.topic_id,
  partition: row.kafka_partition,
  offset: Number(row.kafka_offset),
})

export const recordOf = (row: LogRow): LogRecord => ({
  ts: isoOf(Number(row.us)),
  severity: row.severity,
  severity_text: severityClass(row.severity),
  service: row.service,
  host: row.host,
  trace_id: row.trace_id,
  span_id: row.span_id,
  message: row.message,
  attrs: row.attrs,
  ...(row.columns === null ? {} : { columns: row.columns }),
  topic: row.topic,
  partition: row.kafka_partition,
  offset: Number(row.kafka_offset),
})

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

/** What is bounded by nothing but the size of a record. */
const MESSAGE = 'message'
const ATTRS = 'attrs'
const largeTexts = ({ extraColumns }: Db): string[] => [
  MESSAGE,
  ...extraColumns.filter(({ type }) => type === 'text').map(({ name }) => quoted(name)),
]
const COLUMNS = ['ts', 'severity', 'service', 'host', 'trace_id', 'span_id', MESSAGE, ATTRS]
const PLACE = ['topic_id', 'kafka_partition', 'kafka_offset']

const namesOf = ({ extraColumns }: Db): string[] => [
  ...COLUMNS,
  ...PLACE,
  ...extraColumns.map(({ name }) => quoted(name)),
]

/** For the inner select, from logs. */
export const columnsOf = (db: Db): string => namesOf(db).join(', ')

/** The same with texts cut at so many characters, and attributes of more bytes replaced. */
export function shortColumnsOf(db: Db, most: number): string {
  const large = largeTexts(db)
  return namesOf(db)
    .map(name => {
      if (large.includes(name)) return `left(${name}, ${most}) as ${name}`
      // By the text: jsonb is compressed on disk.
      return name === ATTRS
        ? `case when octet_length(attrs::text) > ${most} then '{"truncated":true}' else attrs end as attrs`
        : name
    })
    .join(', ')
}

/** For the outer select, which knows the rows as l and their topics as t. */
export function selectedOf({ extraColumns }: Db): string {
  const pairs = extraColumns.map(({ name }) => `'${name.replaceAll("'", "''")}', l.${quoted(name)}`)
  const extra = pairs.length === 0 ? 'null::jsonb' : `jsonb_build_object(${pairs.join(', ')})`
  return `select (extract(epoch from ts) * 1000000)::bigint as us, severity, service, host, trace_id, span_id,
  message, attrs, topic_id, kafka_partition, kafka_offset, t.topic, ${extra} as columns`
}

/** Of the rows of one answer, about. */
export const MOST_ANSWER_BYTES = 4 * 2 ** 20

export interface Portion {
  /** A select from logs in the order below, of as many rows as may be looked at: their sizes are found one by one. */
  readonly inner: string
  /** Columns with asc or desc. */
  readonly order: string
  /** Placeholder of the bytes. */
  readonly most: string
  /** Further columns of the inner select to return. */
  readonly more?: string
}

export interface SizedRow extends LogRow {
  /** Bytes of what may be large in it. */
  readonly 'lc size': number
  /** Rows of the inner select. */
  readonly 'lc found': number
}

/** Its first rows, whose large values take no more bytes together, or one row; no column of a user has such names. */
export function withinBytes(db: Db, { inner, order, most, more = '' }: Portion): string {
  const sizes = [...largeTexts(db), `${ATTRS}::text`].map(text => `coalesce(octet_length(${text}), 0)`)
  return `${selectedOf(db)}${more}, "lc size", "lc found" from (
       select s.*, sum("lc size") over (order by ${order} rows between unbounded preceding and 1 preceding) as "lc ahead"
       from (select i.*, (${sizes.join(' + ')})::float8 as "lc size", count(*) over ()::float8 as "lc found"
         from (${inner}) i) s
     ) l join topics t using (topic_id) where coalesce("lc ahead", 0) < ${most} order by ${order}`
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

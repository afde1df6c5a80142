/**
 * Filters as SQL conditions: text of ours with $1, $2 … and the values beside it. No value is ever part of the text.
 */
import { PipelineError } from '../errors.ts'
import type { LogFilter } from './contract.ts'
import type { ExtraColumn } from './read-pool.ts'
import { quoted } from './rows.ts'

/** The values of one statement, in the order of their numbers. */
export class Binder {
  readonly values: unknown[] = []

  /** The placeholder of a value. */
  bind(value: unknown, type: string): string {
    if (typeof value === 'string' && value.includes('\0'))
      throw new PipelineError('HTTP_REQUEST_INVALID', { problem: 'a value holds the character NUL' })
    this.values.push(value)
    return `$${this.values.length}::${type}`
  }
}

/** What the kernel calls the services beyond those that it counts by name. */
export const OTHER_SERVICES = '(other)'

/** Can the minute rollups tell how many records fit? */
export const isRollupFilter = ({ host, traceId, attrs = [], columns = [], text }: LogFilter): boolean =>
  columns.length === 0 &&
  host === undefined &&
  traceId === undefined &&
  attrs.length === 0 &&
  text === undefined

const topicCondition = (topic: string, sql: Binder): string =>
  `topic_id in (select topic_id from topics where topic = ${sql.bind(topic, 'text')})`

const severityCondition = ({ least, most }: NonNullable<LogFilter['severity']>, sql: Binder): string =>
  `severity between ${sql.bind(least, 'smallint')} and ${sql.bind(most, 'smallint')}`

/** What log_rollup_1m knows of the filter; "true" where that is nothing. @param withOther also what it has no name for */
export function rollupConditions(
  { services, severity, topic }: LogFilter,
  sql: Binder,
  withOther: boolean,
): string {
  const names = withOther ? [...(services ?? []), OTHER_SERVICES] : services
  return all([
    services && `service = any(${sql.bind(names, 'text[]')})`,
    severity && severityCondition(severity, sql),
    topic !== undefined && topicCondition(topic, sql),
  ])
}

/** The whole filter, for the columns of logs. */
export function logConditions(filter: LogFilter, sql: Binder, extraColumns: readonly ExtraColumn[]): string {
  const { services, severity, topic, host, traceId, attrs = [], columns = [], text } = filter
  return all([
    services && servicesCondition(services, sql),
    severity && severityCondition(severity, sql),
    topic !== undefined && topicCondition(topic, sql),
    host !== undefined && `host = ${sql.bind(host, 'text')}`,
    traceId !== undefined && `trace_id = ${sql.bind(traceId, 'text')}`,
    ...columns.map(([name, value]) => columnCondition(name, value, extraColumns, sql)),
    ...attrs.map(([path, value]) => attributeCondition(path, value, sql)),
    text !== undefined && `message ilike ${sql.bind(`%${text.replace(/[\\%_]/g, '\\$&')}%`, 'text')}`,
  ])
}

const all = (conditions: readonly (string | false | undefined)[]): string =>
  conditions.filter(Boolean).join(' and ') || 'true'

function servicesCondition(services: readonly string[], sql: Binder): string {
  const named = `service = any(${sql.bind(services, 'text[]')})`
  return services.includes('') ? `(${named} or service is null)` : named
}

/** Of the columns that the configuration names, and no other. */
function columnCondition(
  name: string,
  value: string,
  extraColumns: readonly ExtraColumn[],
  sql: Binder,
): string {
  const column = extraColumns.find(known => known.name === name)
  if (column === undefined) {
    const known = extraColumns.map(one => one.name).join(', ') || 'none'
    throw new PipelineError('HTTP_REQUEST_INVALID', {
      problem: `there is no column ${name}; there are: ${known}`,
    })
  }
  return `${quoted(column.name)} = ${sql.bind(value, column.type)}`
}

const number = /^-?(0|[1-9]\d{0,29})(\.\d{1,30})?$/

/**
 * The value may be a text, a number or true, false, null, and the name may be one with dots or a way down: a GIN index
 * on attrs finds each of these.
 */
function attributeCondition(path: string, value: string, sql: Binder): string {
  const isWord = number.test(value) || ['true', 'false', 'null'].includes(value)
  const values = [JSON.stringify(value), ...(isWord ? [value] : [])]
  const ways = path.includes('.') ? [[path], path.split('.')] : [[path]]
  const documents = ways.flatMap(way => values.map(text => nested(way, text)))
  return `(${documents.map(text => `attrs @> ${sql.bind(text, 'jsonb')}`).join(' or ')})`
}

const nested = (way: readonly string[], value: string): string =>
  way.reduceRight((inner, name) => `{${JSON.stringify(name)}:${inner}}`, value)

/** The filters of a request as those of a query. */
import { PipelineError } from '../../errors.ts'
import { severityNames } from '../../kernel/severities.ts'
import type { LogFilter } from '../../query/contract.ts'

export interface FilterQuery {
  readonly service?: readonly string[]
  readonly severity?: string
  readonly min_severity?: string
  readonly topic?: string
  readonly host?: string
  readonly trace_id?: string
  readonly q?: string
  readonly [field: `attr.${string}` | `column.${string}`]: string
}

const LEAST = 0
const MOST = 24
/** A name without more detail stands for the four numbers of its class. */
const classes = new Set(['trace', 'debug', 'info', 'warn', 'error', 'fatal'])
const CLASS_WIDTH = 4

function severityOf(name: string, text: string): { least: number; most: number } {
  if (/^\d{1,2}$/.test(text) && Number(text) <= MOST) return { least: Number(text), most: Number(text) }
  const word = text.toLowerCase()
  const least = word === 'fatal' ? 21 : Object.hasOwn(severityNames, word) ? severityNames[word] : undefined
  if (least === undefined)
    throw new PipelineError('HTTP_REQUEST_INVALID', {
      problem: `${name} is no severity: write trace, debug, info, warn, error, fatal or a number from ${LEAST} to ${MOST}`,
    })
  return { least, most: classes.has(word) ? least + CLASS_WIDTH - 1 : least }
}

function severityIn({ severity, min_severity: least }: FilterQuery): LogFilter['severity'] {
  if (severity !== undefined && least !== undefined)
    throw new PipelineError('HTTP_REQUEST_INVALID', { problem: 'give severity or min_severity, not both' })
  if (severity !== undefined) return severityOf('severity', severity)
  return least === undefined ? undefined : { least: severityOf('min_severity', least).least, most: MOST }
}

/** Names behind a prefix, and their values. */
const prefixed = (query: FilterQuery, prefix: string): (readonly [string, string])[] =>
  Object.entries(query)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value as string] as const)

/** @throws PipelineError HTTP_REQUEST_INVALID */
export function filterOf(query: FilterQuery): LogFilter {
  const { service, topic, host, trace_id: traceId, q } = query
  const severity = severityIn(query)
  const attrs = prefixed(query, 'attr.')
  const columns = prefixed(query, 'column.')
  return {
    ...(service === undefined ? {} : { services: service }),
    ...(severity === undefined ? {} : { severity }),
    ...(topic === undefined ? {} : { topic }),
    ...(host === undefined ? {} : { host }),
    ...(traceId === undefined ? {} : { traceId }),
    ...(columns.length === 0 ? {} : { columns }),
    ...(attrs.length === 0 ? {} : { attrs }),
    ...(q === undefined ? {} : { text: q }),
  }
}

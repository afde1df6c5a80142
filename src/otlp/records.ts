/**
 * What a log record of OTLP looks like as one of our JSON records: the names that parse.aliases know at the top
 * (docs/intake.md, "OTLP"), attributes, resource and scope below, where they cannot be taken for those.
 */
import type { AnyValue, KeyValue, LogRecord, LogsRequest } from './logs.ts'

/** An attribute of the resource at the top; both also stand among the resource's. */
const promoted = ['service.name', 'host.name'] as const

const NANOS_PER_MS = 1_000_000n

/** One text of JSON a record, in the order of the request; null: a record that is no object. */
export function* recordsOf(request: LogsRequest): Generator<string | null> {
  for (const { resource, scopeLogs } of listOf(request.resourceLogs)) {
    const resourceAttributes = objectOf(resource?.attributes)
    for (const { scope, logRecords } of listOf(scopeLogs)) {
      const scopeFields = scope?.name ? { name: scope.name, version: scope.version } : undefined
      for (const record of listOf(logRecords)) yield textOf(record, resourceAttributes, scopeFields)
    }
  }
}

/** What is no list is none: a client's mistake costs its own records only. */
const listOf = <T>(list: readonly T[] | undefined): readonly T[] => (Array.isArray(list) ? list : [])

function textOf(record: LogRecord, resource: object | undefined, scope: object | undefined): string | null {
  if (typeof record !== 'object' || record === null) return null
  const top: Record<string, unknown> = {
    timestamp: timeOf(record.timeUnixNano) ?? timeOf(record.observedTimeUnixNano),
    severity_number: record.severityNumber || undefined,
    severity_text: record.severityText || undefined,
    trace_id: record.traceId ? String(record.traceId).toLowerCase() : undefined,
    span_id: record.spanId ? String(record.spanId).toLowerCase() : undefined,
    trace_flags: record.flags || undefined,
    event_name: record.eventName || undefined,
  }
  for (const name of promoted) top[name] = (resource as Record<string, unknown> | undefined)?.[name]
  top.body = plain(record.body)
  top.attributes = objectOf(record.attributes)
  top.resource = resource
  top.scope = scope
  return JSON.stringify(top)
}

/** RFC 3339 with nanoseconds; undefined for 0, which says that it is not known, and for what is no time. */
function timeOf(nanos: string | number | undefined): string | undefined {
  if (nanos === undefined || !/^\d{1,20}$/.test(String(nanos))) return undefined
  const value = BigInt(nanos)
  const ms = Number(value / NANOS_PER_MS)
  if (value === 0n || Number.isNaN(new Date(ms).getTime())) return undefined
  const rest = String(value % NANOS_PER_MS).padStart(6, '0')
  return new Date(ms).toISOString().replace('Z', `${rest}Z`)
}

function objectOf(pairs: readonly KeyValue[] | undefined): Record<string, unknown> | undefined {
  const list = listOf(pairs)
  if (list.length === 0) return undefined
  // From entries, since a key may be __proto__.
  return Object.fromEntries(list.map(pair => [String(pair?.key ?? ''), plain(pair?.value) ?? null]))
}

function plain(value: AnyValue | undefined): unknown {
  if (typeof value !== 'object' || value === null) return undefined
  if (value.stringValue !== undefined) return value.stringValue
  if (value.boolValue !== undefined) return value.boolValue
  if (value.intValue !== undefined) return wholeNumber(value.intValue)
  if (value.doubleValue !== undefined)
    return Number.isFinite(value.doubleValue) ? value.doubleValue : String(value.doubleValue)
  if (value.arrayValue !== undefined) return listOf(value.arrayValue.values).map(each => plain(each) ?? null)
  if (value.kvlistValue !== undefined) return objectOf(value.kvlistValue.values) ?? {}
  return value.bytesValue
}

/** A number beyond 2^53 stays a text, as it came. */
function wholeNumber(value: string | number): number | string {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : String(value)
}

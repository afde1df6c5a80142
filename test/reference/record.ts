/**
 * What becomes of one record, plainly: twin of take.ts, json-object.ts, columns.ts, attrs.ts and row.ts in
 * src/kernel/assembly.
 */
import { DEAD_VALUE_TOO_LARGE } from '../../src/kernel/memory-map.ts'
import { namesOf } from '../../src/kernel/slot.ts'
import { type ParserSettings, type PromotedColumn, promotedColumns } from '../../src/parse/contract.ts'
import { bareValues, classify, columnValues, reasons } from './classify.ts'
import type { Row } from './copy-row.ts'
import { type ExtraValue, extraValue } from './extra-column.ts'
import { type Json, printJson, sanitizeJson } from './json.ts'
import type { TestRecord } from './kafka-batch.ts'
import { parseSeverity } from './severity.ts'
import { cut, decodeUtf8, sanitize } from './text.ts'
import { parseTime } from './timestamp.ts'

export interface Surroundings {
  readonly settings: ParserSettings
  readonly kafkaTimeMs: number
  readonly nowMs: number
  readonly topicId: number
  readonly partition: number
  readonly offset: number
}

export interface Expected {
  readonly row: Row
  readonly isMalformed: boolean
  readonly isSanitized: boolean
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const MAX_LABEL_BYTES = 256

/** A member on its way: where it stands, and whether it becomes a column. */
interface Field {
  readonly path: readonly number[]
  readonly value: Json
}

/** The row of a record, or the code of the dead letter that it becomes. */
export function expectedOf(record: TestRecord, around: Surroundings): Expected | number {
  const { settings } = around
  if (record.value === null) return makeRow(null, null, record, around)
  const bytes = Buffer.from(record.value as Uint8Array)
  if (bytes.length > settings.maxRecordBytes) return DEAD_VALUE_TOO_LARGE
  const text = decodeUtf8(bytes)
  const [json, fault] = classify(bytes.length === 0 ? '' : text, settings.format)
  if (fault !== null && settings.malformed === 'dead_letter') return fault
  return makeRow(text, json ?? (fault === null ? RAW : reasons[fault]!), record, around)
}

/** A value that is a message and nothing else. */
const RAW = Symbol('raw')
/** `json` is an object, the reason why there is none, RAW, or null for a tombstone. */
function makeRow(
  text: string | null,
  json: Json | string | typeof RAW | null,
  record: TestRecord,
  around: Surroundings,
): Expected {
  const { settings, nowMs } = around
  const isKafkaTimeTaken = around.kafkaTimeMs > 0 && around.kafkaTimeMs <= nowMs + HOUR_MS
  const kafkaTime = BigInt(isKafkaTimeTaken ? around.kafkaTimeMs : nowMs) * 1000n
  const object = typeof json === 'object' && json !== null ? json : null
  const fields = object ? findFields(object, settings) : new Map<string, Field>()
  const left: Field[] = []
  let isSanitized = false
  const clean = (raw: string): string => {
    const { text, isChanged } = sanitize(raw)
    isSanitized ||= isChanged
    return text
  }
  const time = pickTime(fields, settings, kafkaTime, left)
  const isTimeTaken = time !== null && isInWindow(time.micros, kafkaTime)
  const severity = pickSeverity(fields, settings, left)
  const textColumn = (column: PromotedColumn): string | null => {
    const field = namesOf(settings, column)
      .map(alias => fields.get(alias))
      .find(isScalar)
    if (!field || field.value.kind === 'object' || field.value.kind === 'array') return null
    const raw = field.value.text
    if (column === 'message') {
      left.push(field)
      return clean(raw)
    }
    const whole = sanitize(raw).text
    const short = cut(whole, MAX_LABEL_BYTES)
    if (short === whole) {
      left.push(field)
      return clean(raw)
    }
    isSanitized = true
    return short
  }
  const extras = settings.columns.map(({ from, type }): ExtraValue => {
    const field = fields.get(from)
    const value = field && extraValue(field.value, type, kafkaTime)
    if (field && value === undefined) isSanitized = true
    if (!field || value === undefined || value === null) return null
    left.push(field)
    if (type === 'text') clean(scalarText(field))
    return value
  })
  const service = textColumn('service')
  const host = textColumn('host')
  const traceId = textColumn('trace_id')
  const spanId = textColumn('span_id')
  const message = object ? textColumn('message') : text === null ? null : clean(text)
  const members: [string, Json][] = object ? membersWithout(object, left) : []
  if (time !== null && !isTimeTaken) members.push(['lc.ts', time.field.value])
  if (!isKafkaTimeTaken) members.push(['lc.kafka_ts', { kind: 'number', text: String(around.kafkaTimeMs) }])
  members.push(...kafkaMembers(record, settings))
  if (json === null) members.push(['lc.tombstone', { kind: 'boolean', text: 'true' }])
  if (typeof json === 'string') members.push(['lc.error', { kind: 'string', text: json }])
  const attrs = sanitizeJson({ kind: 'object', members })
  isSanitized ||= attrs.isChanged
  if (isSanitized) members.push(['lc.sanitized', { kind: 'boolean', text: 'true' }])
  const row: Row = {
    ts: isTimeTaken ? time.micros : kafkaTime,
    severity,
    service,
    host,
    traceId,
    spanId,
    message,
    attrs: printJson(sanitizeJson({ kind: 'object', members }).json),
    topicId: around.topicId,
    partition: around.partition,
    offset: around.offset,
    extras,
  }
  return { row, isMalformed: typeof json === 'string', isSanitized }
}

const scalarText = ({ value }: Field): string => ('text' in value ? value.text : '')

const isScalar = (field: Field | undefined): boolean =>
  field !== undefined && ['string', 'number', 'boolean'].includes(field.value.kind)

const isInWindow = (micros: bigint, kafkaTime: bigint): boolean =>
  micros >= 0n &&
  micros >= kafkaTime - BigInt(7 * DAY_MS) * 1000n &&
  micros <= kafkaTime + BigInt(HOUR_MS) * 1000n

/** The first member under each alias, in the order of the text. */
function findFields(object: Json, settings: ParserSettings): Map<string, Field> {
  const aliases = [
    ...promotedColumns.flatMap(column => namesOf(settings, column)),
    ...settings.columns.map(({ from }) => from),
  ]
  const fields = new Map<string, Field>()
  const walk = (node: Json, prefix: string, path: readonly number[]): void => {
    if (node.kind !== 'object') return
    node.members.forEach(([key, value], index) => {
      const name = prefix + key
      if (aliases.some(alias => alias.startsWith(`${name}.`))) walk(value, `${name}.`, [...path, index])
      if (bareValues.has(value)) return
      if (aliases.includes(name) && !fields.has(name)) fields.set(name, { path: [...path, index], value })
    })
  }
  walk(object, '', [])
  return fields
}

function pickTime(
  fields: Map<string, Field>,
  settings: ParserSettings,
  kafkaTime: bigint,
  left: Field[],
): { field: Field; micros: bigint } | null {
  for (const alias of namesOf(settings, 'ts')) {
    const field = fields.get(alias)
    if (!field || (field.value.kind !== 'string' && field.value.kind !== 'number')) continue
    const micros = parseTime(field.value.text, kafkaTime)
    if (micros === null) continue
    left.push(field)
    return { field, micros }
  }
  return null
}

function pickSeverity(fields: Map<string, Field>, settings: ParserSettings, left: Field[]): number {
  for (const alias of namesOf(settings, 'severity')) {
    const field = fields.get(alias)
    if (!field || (field.value.kind !== 'string' && field.value.kind !== 'number')) continue
    const severity = parseSeverity(field.value.text, alias.split('.').at(-1) === 'severity_number')
    if (severity === 0) continue
    left.push(field)
    return severity
  }
  return 0
}

/** The members of the object less those that became columns. */
function membersWithout(object: Json, left: readonly Field[]): [string, Json][] {
  const gone = new Set(left.map(field => field.path.join('.')))
  const walk = (node: Json, prefix: string): [string, Json][] =>
    (node.kind === 'object' ? node.members : []).flatMap(([key, value], index) => {
      const path = `${prefix}${index}`
      if (gone.has(path)) return []
      const isParent = [...gone].some(other => other.startsWith(`${path}.`))
      return [
        [
          columnValues.has(value) ? key.slice(1) : key,
          isParent ? { kind: 'object', members: walk(value, `${path}.`) } : value,
        ] as [string, Json],
      ]
    })
  return walk(object, '')
}

function kafkaMembers(record: TestRecord, settings: ParserSettings): [string, Json][] {
  const text = (value: Uint8Array | string): string => decodeUtf8(Buffer.from(value as Uint8Array))
  const members: [string, Json][] = []
  if (settings.keys && record.key !== null && record.key !== undefined) {
    members.push(['kafka.key', { kind: 'string', text: text(record.key) }])
  }
  if (settings.headers && record.headers?.length) {
    const headers = record.headers.map(([name, value]): [string, Json] => [
      text(name),
      value === null ? { kind: 'null', text: 'null' } : { kind: 'string', text: text(value) },
    ])
    members.push(['kafka.headers', { kind: 'object', members: headers }])
  }
  return members
}

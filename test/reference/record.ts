/**
 * What becomes of one record, plainly: twin of take.ts, formats.ts, json-object.ts, columns.ts, attrs.ts and row.ts in
 * src/kernel/assembly.
 */
import {
  DEAD_EMPTY,
  DEAD_NOT_ACCESS,
  DEAD_NOT_JSON,
  DEAD_NOT_LOGFMT,
  DEAD_NOT_OBJECT,
  DEAD_NOT_SYSLOG,
  DEAD_TOO_DEEP,
  DEAD_VALUE_TOO_LARGE,
} from '../../src/kernel/memory-map.ts'
import { columnKey, namesOf } from '../../src/kernel/slot.ts'
import {
  type ParserSettings,
  type PromotedColumn,
  promotedColumns,
  type RecordFormat,
} from '../../src/parse/contract.ts'
import { parseAccess } from './access.ts'
import type { Row } from './copy-row.ts'
import { type ExtraValue, extraValue } from './extra-column.ts'
import { type Json, JsonError, parseJson, printJson, sanitizeJson } from './json.ts'
import type { TestRecord } from './kafka-batch.ts'
import type { LineField } from './line.ts'
import { LogfmtError, type Pair, parseLogfmt } from './logfmt.ts'
import { parseSeverity } from './severity.ts'
import { parseSyslog } from './syslog.ts'
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
const LEAST_PAIRS = 2

const reasons: Readonly<Record<number, string>> = {
  [DEAD_NOT_JSON]: 'not JSON',
  [DEAD_NOT_LOGFMT]: 'not logfmt',
  [DEAD_NOT_OBJECT]: 'JSON, but no object',
  [DEAD_EMPTY]: 'empty value',
  [DEAD_NOT_ACCESS]: 'no line of an access log',
  [DEAD_NOT_SYSLOG]: 'no line of syslog',
  [DEAD_TOO_DEEP]: 'JSON nested too deep',
}

type Classified = [Json | null, null] | [null, number]

function classify(text: string, format: RecordFormat): Classified {
  if (format === 'raw') return [null, null]
  if (format === 'auto') return classifyAny(text)
  if (text === '') return [null, DEAD_EMPTY]
  if (format === 'access') return classifyLine(parseAccess(text), DEAD_NOT_ACCESS)
  if (format === 'syslog') return classifyLine(parseSyslog(text, false), DEAD_NOT_SYSLOG)
  return format === 'json' ? classifyJson(text) : classifyLogfmt(text)
}

const classifyLine = (fields: readonly LineField[] | null, code: number): Classified =>
  fields === null ? [null, code] : [objectOfLine(fields), null]

function classifyAny(text: string): Classified {
  if (/^[ \t\n\r]*\{/.test(text)) return classifyJson(text)
  const mayBeLine = !/^[^ ]*=/.test(text.replace(/^[ \t\n\r]+/, ''))
  const line = mayBeLine ? (parseSyslog(text, true) ?? parseAccess(text)) : null
  if (line !== null) return [objectOfLine(line), null]
  const pairs = pairsOf(text)
  const isLogfmt = pairs !== null && pairs.length >= LEAST_PAIRS && pairs.every(pair => !pair.isBare)
  return isLogfmt ? [objectOf(pairs), null] : [null, null]
}

function classifyLogfmt(text: string): Classified {
  const pairs = pairsOf(text)
  return pairs === null ? [null, DEAD_NOT_LOGFMT] : [objectOf(pairs), null]
}

function pairsOf(text: string): Pair[] | null {
  try {
    return parseLogfmt(text)
  } catch (error) {
    if (error instanceof LogfmtError) return null
    throw error
  }
}

const bareValues = new WeakSet<Json>()
/** Of fields of lines that fill a column ahead of its aliases. */
const columnValues = new WeakSet<Json>()

function objectOfLine(fields: readonly LineField[]): Json {
  const members = fields.map(({ column, name, value, isBare }) => {
    if (isBare) bareValues.add(value)
    if (column === null) return [name, value] as const
    columnValues.add(value)
    return [columnKey(column), value] as const
  })
  return { kind: 'object', members }
}

function objectOf(pairs: readonly Pair[]): Json {
  for (const { value, isBare } of pairs) if (isBare) bareValues.add(value)
  return { kind: 'object', members: pairs.map(({ key, value }) => [key, value] as const) }
}

function classifyJson(text: string): Classified {
  try {
    const json = parseJson(text)
    return json.kind === 'object' ? [json, null] : [null, DEAD_NOT_OBJECT]
  } catch (error) {
    if (!(error instanceof JsonError)) throw error
    return [null, error.isTooDeep ? DEAD_TOO_DEEP : DEAD_NOT_JSON]
  }
}

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

/**
 * A slot is the scratch memory of one running task. Its image (settings, aliases, severities) is the same for every
 * task, so it is built once a worker and copied into a slot only where another image or nothing lies.
 */
import {
  type ColumnType,
  hasLines,
  type ParserSettings,
  type PromotedColumn,
  promotedColumns,
  type RecordFormat,
} from '../parse/contract.ts'
import { writeLineNames, writeLineWords } from './line-names.ts'
import {
  ALIAS_FLAGS_AT,
  ALIASES_AT,
  ALIASES_BYTES,
  COLUMN_KEY_PREFIX,
  COLUMNS_AT,
  EXTRA_COUNT_AT,
  EXTRA_TYPES_AT,
  FLAG_DEAD_LETTER_MALFORMED,
  FLAG_HEADERS,
  FLAG_HOURS,
  FLAG_KEYS,
  FLAG_STEPS,
  FLAGS_AT,
  FORMAT_ACCESS,
  FORMAT_AT,
  FORMAT_AUTO,
  FORMAT_JSON,
  FORMAT_LOGFMT,
  FORMAT_RAW,
  FORMAT_SYSLOG,
  IMAGE_BYTES,
  JUMBO_AT,
  LINE_NAMES_AT,
  LINE_WORDS_AT,
  MAGIC,
  MAGIC_AT,
  MAX_ALIASES,
  MAX_EXTRA_COLUMNS,
  MAX_RECORD_AT,
  NO_VALUE,
  PAGE_BYTES,
  REWRITE_EXTRA_BYTES,
  REWRITE_OFFSET_AT,
  REWRITE_SIZE_AT,
  SETTINGS_HASH_AT,
  SEVERITIES_AT,
  SEVERITIES_BYTES,
  SLACK_BYTES,
  TYPE_BIGINT,
  TYPE_BOOLEAN,
  TYPE_DOUBLE,
  TYPE_INTEGER,
  TYPE_SMALLINT,
  TYPE_TEXT,
  TYPE_TIMESTAMPTZ,
  TYPE_UUID,
  WINDOW_AT,
  WINDOW_EXTRA_BYTES,
} from './memory-map.ts'
import { aliasNames, writeNameTable } from './name-table.ts'
import { severityNames } from './severities.ts'

/** An output region of this many times maxRecordBytes takes any row; what needs more is a dead letter. */
export const JUMBO_FACTOR = 6

/** Numbers under a field of this name are OpenTelemetry's. */
const OPEN_TELEMETRY_FIELD = 'severity_number'

const formats: Readonly<Record<RecordFormat, number>> = {
  json: FORMAT_JSON,
  logfmt: FORMAT_LOGFMT,
  raw: FORMAT_RAW,
  auto: FORMAT_AUTO,
  access: FORMAT_ACCESS,
  syslog: FORMAT_SYSLOG,
}

const types: Readonly<Record<ColumnType, number>> = {
  smallint: TYPE_SMALLINT,
  integer: TYPE_INTEGER,
  bigint: TYPE_BIGINT,
  'double precision': TYPE_DOUBLE,
  boolean: TYPE_BOOLEAN,
  text: TYPE_TEXT,
  timestamptz: TYPE_TIMESTAMPTZ,
  uuid: TYPE_UUID,
}

type Sizes = Pick<ParserSettings, 'maxRecordBytes'>

const rewriteBytes = ({ maxRecordBytes }: Sizes): number => maxRecordBytes + REWRITE_EXTRA_BYTES

/** Bytes of one slot, a multiple of PAGE_BYTES. */
export function scratchBytes(settings: Sizes): number {
  const window = settings.maxRecordBytes + WINDOW_EXTRA_BYTES + SLACK_BYTES
  const bytes = WINDOW_AT + window + rewriteBytes(settings) + SLACK_BYTES
  return Math.ceil(bytes / PAGE_BYTES) * PAGE_BYTES
}

/** Where the rewrite buffer begins, from the slot. */
const rewriteOffset = (settings: Sizes): number =>
  scratchBytes(settings) - SLACK_BYTES - Math.ceil(rewriteBytes(settings) / 8) * 8

/** Bytes of the window through which inflated Kafka batches pass: what is left of the slot. */
export const windowBytes = (settings: Sizes): number => rewriteOffset(settings) - WINDOW_AT - SLACK_BYTES

/** The image of the settings. @throws RangeError when there are too many aliases or columns, or they are too long. */
export function buildImage(settings: ParserSettings): Uint8Array {
  const image = new Uint8Array(IMAGE_BYTES)
  const view = new DataView(image.buffer)
  view.setUint32(MAX_RECORD_AT, settings.maxRecordBytes, true)
  view.setUint32(JUMBO_AT, settings.maxRecordBytes * JUMBO_FACTOR, true)
  view.setUint32(FLAGS_AT, flagsOf(settings), true)
  view.setUint32(REWRITE_OFFSET_AT, rewriteOffset(settings), true)
  view.setUint32(REWRITE_SIZE_AT, rewriteBytes(settings), true)
  image[FORMAT_AT] = formats[settings.format]
  if (settings.columns.length > MAX_EXTRA_COLUMNS)
    throw new RangeError(`more than ${MAX_EXTRA_COLUMNS} columns`)
  image[EXTRA_COUNT_AT] = settings.columns.length
  settings.columns.forEach(({ type }, index) => {
    image[EXTRA_TYPES_AT + index] = types[type]
  })
  const aliases: string[] = []
  promotedColumns.forEach((column, index) => {
    const names = namesOf(settings, column)
    image[COLUMNS_AT + index * 2] = aliases.length
    image[COLUMNS_AT + index * 2 + 1] = names.length
    aliases.push(...names)
  })
  if (aliases.length > MAX_ALIASES) throw new RangeError(`more than ${MAX_ALIASES} aliases`)
  const slots = [
    ...aliases.map((text, slot) => ({ text, slot })),
    ...settings.columns.map(({ from }, index) => ({ text: from, slot: MAX_ALIASES + index })),
  ]
  aliases.forEach((alias, slot) => {
    if (alias.split('.').at(-1) === OPEN_TELEMETRY_FIELD) image[ALIAS_FLAGS_AT + slot] = 1
  })
  const names = aliasNames(slots)
  writeNameTable(image.subarray(ALIASES_AT, ALIASES_AT + ALIASES_BYTES), names)
  const slotOf = new Map(names.map(({ text, value }) => [text, value]))
  writeLineNames(
    image.subarray(LINE_NAMES_AT, LINE_WORDS_AT),
    column => slotOf.get(columnKey(column)) ?? NO_VALUE,
    name => slotOf.get(name),
  )
  writeLineWords(image.subarray(LINE_WORDS_AT, IMAGE_BYTES))
  const severities = Object.entries(severityNames)
  writeNameTable(
    image.subarray(SEVERITIES_AT, SEVERITIES_AT + SEVERITIES_BYTES),
    severities.map(([text, value]) => ({ text, value, isPrefix: false })),
  )
  view.setUint32(SETTINGS_HASH_AT, hashOf(image), true)
  view.setUint32(MAGIC_AT, MAGIC, true)
  return image
}

/** What the fields of a column are called, the first present wins. */
export const namesOf = (
  { aliases, format, steps }: Pick<ParserSettings, 'aliases' | 'format' | 'steps'>,
  column: PromotedColumn,
): readonly string[] =>
  steps.length > 0 || hasLines(format) ? [columnKey(column), ...aliases[column]] : aliases[column]

/** The key under which a rewritten record names a column; its slot is what the scanners of lines fill. */
export const columnKey = (column: PromotedColumn): string => String.fromCharCode(COLUMN_KEY_PREFIX) + column

const flagsOf = (settings: ParserSettings): number =>
  (settings.malformed === 'dead_letter' ? FLAG_DEAD_LETTER_MALFORMED : 0) |
  (settings.keys ? FLAG_KEYS : 0) |
  (settings.headers ? FLAG_HEADERS : 0) |
  (settings.segment === 'hour' ? FLAG_HOURS : 0) |
  (settings.steps.length > 0 ? FLAG_STEPS : 0)

/** FNV-1a. */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

/** Makes sure that the image lies in the slot. The magic comes last: a copy cut short by a kill does not count. */
export function ensureImage(memory: DataView, slot: number, image: Uint8Array): void {
  const own = new DataView(image.buffer, image.byteOffset)
  const hash = own.getUint32(SETTINGS_HASH_AT, true)
  if (
    memory.getUint32(slot + MAGIC_AT, true) === MAGIC &&
    memory.getUint32(slot + SETTINGS_HASH_AT, true) === hash
  ) {
    return
  }
  memory.setUint32(slot + MAGIC_AT, 0, true)
  new Uint8Array(memory.buffer).set(image.subarray(SETTINGS_HASH_AT), slot + SETTINGS_HASH_AT)
  memory.setUint32(slot + MAGIC_AT, MAGIC, true)
}

/**
 * What the value of a record is, by its format or by its content, plainly: twin of formats.ts in src/kernel/assembly.
 * Neighbours: record.ts, and the twin of each scanner.
 */
import {
  DEAD_EMPTY,
  DEAD_NOT_ACCESS,
  DEAD_NOT_JSON,
  DEAD_NOT_LOGFMT,
  DEAD_NOT_OBJECT,
  DEAD_NOT_SYSLOG,
  DEAD_TOO_DEEP,
} from '../../src/kernel/memory-map.ts'
import { columnKey } from '../../src/kernel/slot.ts'
import type { RecordFormat } from '../../src/parse/contract.ts'
import { parseAccess } from './access.ts'
import { type Json, JsonError, parseJson } from './json.ts'
import type { LineField } from './line.ts'
import { LogfmtError, type Pair, parseLogfmt } from './logfmt.ts'
import { parseSyslog } from './syslog.ts'

const LEAST_PAIRS = 2

/** What `lc.error` says of a fault. */
export const reasons: Readonly<Record<number, string>> = {
  [DEAD_NOT_JSON]: 'not JSON',
  [DEAD_NOT_LOGFMT]: 'not logfmt',
  [DEAD_NOT_OBJECT]: 'JSON, but no object',
  [DEAD_EMPTY]: 'empty value',
  [DEAD_NOT_ACCESS]: 'no line of an access log',
  [DEAD_NOT_SYSLOG]: 'no line of syslog',
  [DEAD_TOO_DEEP]: 'JSON nested too deep',
}

/** A value as an object, or null where all of it is the message; or the code of the fault. */
type Classified = [Json | null, null] | [null, number]

/** What a text of the format is. */
export function classify(text: string, format: RecordFormat): Classified {
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

/** Of keys without a value, which fill no column. */
export const bareValues = new WeakSet<Json>()
/** Of fields of lines that fill a column ahead of its aliases. */
export const columnValues = new WeakSet<Json>()

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

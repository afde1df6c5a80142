/**
 * Splits a body into records without changing a byte of them: a number that JavaScript cannot hold arrives as it was
 * written. Each is checked to be a JSON object; text is taken line by line, as it is. Neighbours: body.ts, intake.ts.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { PipelineError } from '../errors.ts'
import type { BodyFormat, RecordProblem } from './contract.ts'

export interface SplitRecord {
  /** Its number in the body, from 0. */
  readonly index: number
  readonly start: number
  readonly end: number
  readonly key: Buffer | null
}

/** Records, and the bytes they are ranges of. */
export interface Split {
  readonly bytes: Buffer
  readonly records: readonly SplitRecord[]
  readonly refused: readonly { readonly index: number; readonly code: RecordProblem }[]
}

export interface SplitOptions {
  readonly format: Extract<BodyFormat, 'json' | 'ndjson' | 'text'>
  readonly maxRecordBytes: number
  /** The field whose text or number becomes a record's key; empty: none. Not for text. */
  readonly keyField: string
}

/** More is refused: their bookkeeping would outgrow their bytes. */
export const MOST_RECORDS = 100_000
/** So much is parsed before others get a turn. */
const TURN_BYTES = 256 * 1024

const quote = 0x22
const backslash = 0x5c
const comma = 0x2c
const lineFeed = 0x0a
const carriageReturn = 0x0d
const openBracket = 0x5b
const closeBracket = 0x5d
const openBrace = 0x7b
const closeBrace = 0x7d

const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === lineFeed || byte === carriageReturn || byte === 0x09

/** Throws HTTP_REQUEST_INVALID where the body as a whole cannot be split, INTAKE_BODY_TOO_LARGE for too many records. */
export async function splitBody(body: Buffer, options: SplitOptions): Promise<Split> {
  const records: SplitRecord[] = []
  const refused: { index: number; code: RecordProblem }[] = []
  let index = 0
  let turnAt = TURN_BYTES
  for (const { start, end } of options.format === 'json' ? rangesOfJson(body) : rangesOfLines(body)) {
    if (index === MOST_RECORDS) throw new PipelineError('INTAKE_BODY_TOO_LARGE', { records: MOST_RECORDS })
    const checked = check(body, start, end, options)
    if (typeof checked === 'string') refused.push({ index, code: checked })
    else records.push({ index, start, end, key: checked.key })
    index++
    if (end > turnAt) {
      turnAt = end + TURN_BYTES
      await turn()
    }
  }
  return { bytes: body, records, refused }
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Lines without their ends; empty ones are passed over. */
function* rangesOfLines(body: Buffer): Generator<Range> {
  for (let start = 0; start < body.length; ) {
    const found = body.indexOf(lineFeed, start)
    const lineEnd = found < 0 ? body.length : found
    const end = lineEnd > start && body[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd
    if (end > start) yield { start, end }
    start = lineEnd + 1
  }
}

/** The items of an array, or all of it. */
function* rangesOfJson(body: Buffer): Generator<Range> {
  const start = skipSpace(body, 0)
  if (start === body.length) throw invalid('the body is empty')
  if (body[start] !== openBracket) return yield { start, end: trimEnd(body, start, body.length) }
  let place = skipSpace(body, start + 1)
  if (body[place] !== closeBracket)
    for (;;) {
      const end = itemEnd(body, place)
      yield { start: place, end: trimEnd(body, place, end) }
      place = end
      if (body[place] === closeBracket) break
      place = skipSpace(body, place + 1)
    }
  const rest = skipSpace(body, place + 1)
  if (rest < body.length) throw invalid(`something follows the array at byte ${rest}`)
}

/** The comma or bracket behind the item of the outer array that begins here. */
function itemEnd(body: Buffer, start: number): number {
  let depth = 0
  for (let place = start; place < body.length; place++) {
    const byte = body[place]!
    if (byte === quote) place = stringEnd(body, place)
    else if (byte === openBrace || byte === openBracket) depth++
    else if (depth === 0 && (byte === comma || byte === closeBracket)) return place
    else if (byte === closeBrace || byte === closeBracket) depth--
  }
  throw invalid(`the array does not end: its last item begins at byte ${start}`)
}

/** The closing quote. */
function stringEnd(body: Buffer, start: number): number {
  for (let place = start + 1; place < body.length; place++) {
    if (body[place] === backslash) place++
    else if (body[place] === quote) return place
  }
  throw invalid(`the text that begins at byte ${start} does not end`)
}

function skipSpace(body: Buffer, start: number): number {
  let place = start
  while (isSpace(body[place])) place++
  return place
}

function trimEnd(body: Buffer, start: number, end: number): number {
  let place = end
  while (place > start && isSpace(body[place - 1])) place--
  return place
}

function check(
  body: Buffer,
  start: number,
  end: number,
  { format, keyField, maxRecordBytes }: SplitOptions,
): RecordProblem | { readonly key: Buffer | null } {
  if (end - start > maxRecordBytes) return 'RECORD_TOO_LARGE'
  if (format === 'text') return { key: null }
  let parsed: unknown
  try {
    parsed = JSON.parse(body.toString('utf8', start, end))
  } catch (error) {
    if (error instanceof SyntaxError) return 'RECORD_NOT_JSON'
    throw error
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return 'RECORD_NOT_OBJECT'
  return { key: keyField === '' ? null : keyOf((parsed as Record<string, unknown>)[keyField]) }
}

/** A text or a number as a key; null: anything else. */
export const keyOf = (value: unknown): Buffer | null =>
  typeof value === 'string' || typeof value === 'number' ? Buffer.from(String(value)) : null

const invalid = (problem: string): PipelineError => new PipelineError('HTTP_REQUEST_INVALID', { problem })

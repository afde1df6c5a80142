/** What a named group's text becomes by its type. Neighbours: match.ts, datetime.ts. */
import { parseTime } from './datetime.ts'
import type { CaptureType } from './dialect.ts'
import type { Fields, FieldValue } from './step.ts'

/**
 * A text that does not fit its type stays a text. "-", which access logs write for nothing, is null for a number or
 * a time: the field is not set. A time is epoch milliseconds for the column ts, else ISO 8601 in UTC.
 */
export function captureValue(text: string, type: CaptureType, name: string, fields: Fields): FieldValue {
  if (type === 'text') return text
  if (text === '-') return null
  if (type === 'datetime') {
    const ms = parseTime(text, referenceOf(fields))
    if (Number.isNaN(ms)) return text
    return name === 'ts' ? ms : new Date(ms).toISOString()
  }
  const value = Number(text)
  const isRight = type === 'int' ? Number.isSafeInteger(value) : Number.isFinite(value)
  return isRight && text.trim() !== '' ? value : text
}

/** The record's own time, for texts without a year. */
function referenceOf(fields: Fields): number {
  const ms = Date.parse(fields.text('ts') ?? '')
  return Number.isNaN(ms) ? Date.now() : ms
}

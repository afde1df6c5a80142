/**
 * Which field fills a column: the first of its aliases that holds what the column can take; a field of another kind
 * counts as absent and stays in attrs. Twin: test/reference/record.ts.
 */
import { ALIAS_FLAGS_AT, MAX_LABEL_BYTES, TEXT_AT } from '../memory-map'
import { leaveOut } from './attrs'
import { NO_TIME } from './calendar'
import { Field, fieldOf, firstSlot, metAliases } from './fields'
import { parseSeverity } from './severity'
import { storeBigEndian32 } from './simd'
import { KIND_BOOLEAN, KIND_NUMBER, KIND_STRING, record, row, task } from './state'
import { writeString } from './text'
import { parseTime } from './timestamp'

export const COLUMN_TS: u32 = 0
export const COLUMN_SEVERITY: u32 = 1
export const COLUMN_SERVICE: u32 = 2
export const COLUMN_HOST: u32 = 3
export const COLUMN_TRACE_ID: u32 = 4
export const COLUMN_SPAN_ID: u32 = 5
export const COLUMN_MESSAGE: u32 = 6

/** How far a record's own time may lie before and behind Kafka's, in microseconds. */
const EARLIEST_US: i64 = 7 * 86400000000
const LATEST_US: i64 = 3600000000
/** More than any time or severity is long. */
const SHORT_TEXT_BYTES: usize = 65

/** The plain text of a field that holds a short one: its own bytes, or decoded in the slot. Sets shortField.end. */
export function shortText(field: Field): usize {
  shortField.end = field.end
  if (field.flags == 0) return field.start
  const text = task.slot + TEXT_AT
  const changed = row.changed
  row.cut = false
  shortField.end = writeString(text, field.start, field.end, field.flags, SHORT_TEXT_BYTES)
  // Too long or mended, it is nothing that a column takes, and attrs will say so when it is written there.
  if (row.cut) shortField.end = text + SHORT_TEXT_BYTES
  row.changed = changed
  return text
}

/** Where the text that shortText gave ends. */
export class shortField {
  static end: usize = 0
}

/** Sets row.ts, and row.refusedTime to the field whose time lies out of the window. */
export function resolveTime(): void {
  const kafkaTime = record.time * 1000
  row.ts = kafkaTime
  row.refusedTime = 0
  let met = metAliases(COLUMN_TS)
  for (; met != 0; met &= met - 1) {
    const field = fieldOf(firstSlot(COLUMN_TS) + (ctz(met) as u32))
    if (field.kind != KIND_STRING && field.kind != KIND_NUMBER) continue
    const text = shortText(field)
    const time = parseTime(text, shortField.end)
    if (time == NO_TIME) continue
    leaveOut(changetype<usize>(field))
    if (time >= 0 && time >= kafkaTime - EARLIEST_US && time <= kafkaTime + LATEST_US) row.ts = time
    else row.refusedTime = changetype<usize>(field)
    return
  }
}

/** Sets row.severity. */
export function resolveSeverity(): void {
  row.severity = 0
  let met = metAliases(COLUMN_SEVERITY)
  for (; met != 0; met &= met - 1) {
    const slot = firstSlot(COLUMN_SEVERITY) + (ctz(met) as u32)
    const field = fieldOf(slot)
    if (field.kind != KIND_STRING && field.kind != KIND_NUMBER) continue
    const text = shortText(field)
    const severity = parseSeverity(text, shortField.end, load<u8>(task.slot + slot, ALIAS_FLAGS_AT) != 0)
    if (severity == 0) continue
    row.severity = severity
    leaveOut(changetype<usize>(field))
    return
  }
}

/** Writes a text column with its length, cut at MAX_LABEL_BYTES unless it is the message (U+FFFD for each byte fits). */
export function writeTextColumn(to: usize, column: u32): usize {
  let met = metAliases(column)
  for (; met != 0; met &= met - 1) {
    const field = fieldOf(firstSlot(column) + (ctz(met) as u32))
    if (field.kind > KIND_BOOLEAN) continue
    const cap: usize = column == COLUMN_MESSAGE ? (field.end - field.start) * 3 : MAX_LABEL_BYTES
    row.cut = false
    const flags = field.kind == KIND_STRING ? field.flags : 0
    const end = writeString(to + 4, field.start, field.end, flags, cap)
    storeBigEndian32(to, (end - to - 4) as u32)
    if (row.cut) row.changed = true
    else leaveOut(changetype<usize>(field))
    return end
  }
  storeBigEndian32(to, -1)
  return to + 4
}

/**
 * What becomes of one record: a row, a dead letter, or nothing yet because there is no room.
 * batch.ts hands it over in `record`; formats.ts scans, row.ts and dead-letters.ts write.
 */
import {
  DEAD_EMPTY,
  DEAD_NOT_ACCESS,
  DEAD_NOT_JSON,
  DEAD_NOT_LOGFMT,
  DEAD_NOT_OBJECT,
  DEAD_NOT_SYSLOG,
  DEAD_REWRITE_TOO_LARGE,
  DEAD_ROW_TOO_LARGE,
  DEAD_TOO_DEEP,
  DEAD_VALUE_TOO_LARGE,
  FLAG_DEAD_LETTER_MALFORMED,
  FLAG_HEADERS,
  FLAG_HOURS,
  FLAG_KEYS,
  FLAG_STEPS,
  MAX_ROWS,
  RESULT_TEXT_END_AT,
  ROW_ENTRY_BYTES,
  ROW_TABLE_STAGE_AT,
  STEP_DONE,
  STEP_FIELDS,
  STEP_OUTPUT_FULL,
  STEP_ROW_TOO_LARGE,
} from '../memory-map'
import { writeDeadLetter } from './dead-letters'
import { scanValueOf } from './formats'
import { scanJson } from './json-object'
import { offerRecord, rewriteBuffer } from './rewrite'
import { countRow, noteSegment, rollupOf } from './rollups'
import { freeBytes, RESERVED_BYTES } from './room'
import { writeRow } from './row'
import {
  record,
  row,
  scan,
  task,
  VALUE_EMPTY,
  VALUE_NOT_ACCESS,
  VALUE_NOT_JSON,
  VALUE_NOT_LOGFMT,
  VALUE_NOT_OBJECT,
  VALUE_NOT_SYSLOG,
  VALUE_OBJECT,
  VALUE_PAIRS,
  VALUE_TOMBSTONE,
  VALUE_TOO_DEEP,
} from './state'
import { isCleanText } from './text'

/** Kafka's time further ahead of the clock than this does not count. */
const AHEAD_MS: i64 = 3600000
/** What aligning the end of a region may take. */
const ALIGNMENT: i64 = 8
const MINUTE_US: i64 = 60000000
const HOUR_US: i64 = 3600000000
const DAY_US: i64 = 86400000000

/** The minute of the row made last: rows come in runs of one minute, and 64-bit divisions are slow. */
class minute {
  static start: i64 = -MINUTE_US
  static number: u32 = 0
  /** Counted from 1970, in days or hours. */
  static segment: u32 = 0
}

function turnTo(ts: i64): void {
  minute.number = (ts / MINUTE_US) as u32
  minute.start = (minute.number as i64) * MINUTE_US
  minute.segment = (ts / ((task.flags & FLAG_HOURS) != 0 ? HOUR_US : DAY_US)) as u32
}

/** Kafka's time of the record in hand: the clock's when it is not set or absurd. */
export function setTime(time: i64): void {
  row.timeReplaced = time <= 0 || time > task.nowMs + AHEAD_MS
  record.rawTime = time
  record.time = row.timeReplaced ? task.nowMs : time
}

/** Counts what rows and dead letters have in common. */
export function noteDone(): void {
  if (record.valueLength > 0) task.valueBytes += record.valueLength as i64
  if (task.firstTime == 0) task.firstTime = record.time
  task.lastTime = record.time
}

/** Makes a row or a dead letter of the record in hand; STEP_DONE, or why it has to wait. */
export function takeRecord(): i32 {
  if (task.rows >= (MAX_ROWS as u32)) return STEP_OUTPUT_FULL
  if (record.valueLength > (task.maxRecordBytes as i32)) return writeDeadLetter(DEAD_VALUE_TOO_LARGE)
  const kind = kindOfValue()
  row.origin = kind
  row.changedBefore = false
  if (kind >= VALUE_NOT_JSON && (task.flags & FLAG_DEAD_LETTER_MALFORMED) != 0)
    return writeDeadLetter(codeOf(kind))
  if ((task.flags & FLAG_STEPS) == 0) return storeRecord(kind)
  return offerRecord(kind) ? STEP_FIELDS : writeDeadLetter(DEAD_REWRITE_TOO_LARGE)
}

/** Makes a row of the record whose fields were scanned, its text being of that kind; STEP_DONE, or why it has to wait. */
export function storeRecord(kind: u32): i32 {
  const needed = bytesNeeded(kind)
  if (needed + RESERVED_BYTES + ALIGNMENT > (task.jumboBytes as i64))
    return writeDeadLetter(DEAD_ROW_TOO_LARGE)
  if (needed > freeBytes()) return task.rows + task.deadLetters != 0 ? STEP_OUTPUT_FULL : STEP_ROW_TOO_LARGE
  const end = writeRow(kind)
  if (!keepRow(end)) return STEP_OUTPUT_FULL
  if (row.origin >= VALUE_NOT_JSON) task.malformed++
  if (row.changed) task.sanitized++
  return STEP_DONE
}

/** The same of the record in hand as it was offered. */
export function storeOffered(): i32 {
  // Of many pairs the notes of some were written over.
  if (row.origin == VALUE_PAIRS && scan.rest != 0)
    return storeRewritten(load<u32>(task.slot, RESULT_TEXT_END_AT) - (rewriteBuffer() as u32))
  return storeRecord(row.origin)
}

/** The same of what lies rewritten as so many bytes of JSON. */
export function storeRewritten(bytes: u32): i32 {
  const text = rewriteBuffer()
  scan.textBytes = bytes
  const kind = scanJson(text, text + bytes)
  return kind == VALUE_OBJECT ? storeRecord(kind) : writeDeadLetter(codeOf(kind))
}

function kindOfValue(): u32 {
  scan.textBytes = max(record.valueLength, 0)
  if (record.valueLength < 0) return VALUE_TOMBSTONE
  return scanValueOf(record.value, record.value + record.valueLength)
}

/** The code of a dead letter for a value of the kind. */
function codeOf(kind: u32): u32 {
  if (kind == VALUE_NOT_OBJECT) return DEAD_NOT_OBJECT
  if (kind == VALUE_EMPTY) return DEAD_EMPTY
  if (kind == VALUE_NOT_LOGFMT) return DEAD_NOT_LOGFMT
  if (kind == VALUE_NOT_ACCESS) return DEAD_NOT_ACCESS
  if (kind == VALUE_NOT_SYSLOG) return DEAD_NOT_SYSLOG
  return kind == VALUE_TOO_DEEP ? DEAD_TOO_DEEP : DEAD_NOT_JSON
}

/** An upper bound of the row's size; memory-map.ts, ROW_FIXED_BYTES, says why it holds. */
function bytesNeeded(kind: u32): i64 {
  const valueBytes = scan.textBytes
  let needed = task.rowFixedBytes + valueBytes
  if (kind == VALUE_PAIRS) {
    needed += scan.growth
  } else {
    if (kind != VALUE_OBJECT) scan.dirty = !isCleanText(record.value, record.value + (valueBytes as usize))
    if (scan.dirty) needed += valueBytes * 2
  }
  if (task.flags & FLAG_KEYS && record.keyLength > 0) needed += (record.keyLength as i64) * 6
  if (task.flags & FLAG_HEADERS) needed += ((record.end - record.headers) as i64) * 6
  return needed
}

/** Counts the row that ends there, and makes it part of the output; false when its counts find no room. */
function keepRow(end: usize): bool {
  if (row.ts - minute.start >= MINUTE_US || row.ts < minute.start) turnTo(row.ts)
  const valueBytes: u32 = max(record.valueLength, 0)
  const rollup = rollupOf(minute.number, row.severity, row.service, row.serviceLength)
  if (rollup == 0 || !noteSegment(minute.segment)) return false
  countRow(rollup, valueBytes)
  const entry = task.slot + ROW_TABLE_STAGE_AT + task.rows * ROW_ENTRY_BYTES
  store<u32>(entry, (end - task.outStart) as u32)
  store<u32>(entry, (record.offset - task.firstOffset) as u32, 4)
  store<u32>(entry, valueBytes, 8)
  if (task.rows == 0 || row.ts < task.minTs) task.minTs = row.ts
  if (task.rows == 0 || row.ts > task.maxTs) task.maxTs = row.ts
  task.rows++
  task.out = end
  return true
}

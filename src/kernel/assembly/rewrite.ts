/**
 * The rewrite buffer of the slot: a record as a JSON object, whatever its format, for the steps of its pipeline, which
 * see and change one kind of text (src/parse/record-fields.ts). take.ts decides who comes here.
 */
import {
  COLUMN_KEY_PREFIX,
  RESULT_TEXT_AT,
  RESULT_TEXT_END_AT,
  REWRITE_OFFSET_AT,
  REWRITE_SIZE_AT,
} from '../memory-map'
import { writePairs } from './pairs'
import { record, row, scan, task, VALUE_OBJECT, VALUE_PAIRS, VALUE_TOMBSTONE } from './state'
import { sizeOfQuoted, writeAscii, writeQuoted } from './text'

/** Braces, and the key of the message. */
const FRAME_BYTES: i64 = 32

export function rewriteBuffer(): usize {
  return task.slot + load<u32>(task.slot, REWRITE_OFFSET_AT)
}

/** Says where the record in hand lies as a JSON object, its value being of that kind. False: it does not fit. */
export function offerRecord(kind: u32): bool {
  if (kind == VALUE_OBJECT) {
    tell(scan.object, scan.objectEnd + 1)
    return true
  }
  const room: i64 = load<u32>(task.slot, REWRITE_SIZE_AT)
  const text = rewriteBuffer()
  const isPairs = kind == VALUE_PAIRS
  if (textBytes(kind) + FRAME_BYTES > room) return false
  row.changed = false
  row.cuts = 0
  store<u8>(text, 0x7b)
  let end = text + 1
  if (isPairs) end = writePairs(end, true)
  else if (kind != VALUE_TOMBSTONE) end = writeMessage(end)
  store<u8>(end, 0x7d)
  row.changedBefore = row.changed
  tell(text, end + 1)
  return true
}

function tell(text: usize, end: usize): void {
  store<u32>(task.slot, text as u32, RESULT_TEXT_AT)
  store<u32>(task.slot, end as u32, RESULT_TEXT_END_AT)
}

/** No less than what the members take. */
function textBytes(kind: u32): i64 {
  const valueBytes: i64 = max(record.valueLength, 0)
  if (kind == VALUE_PAIRS) return valueBytes + scan.growth
  return sizeOfQuoted(record.value, record.value + (valueBytes as usize)) as i64
}

/** The whole value as the message. */
function writeMessage(to: usize): usize {
  store<u8>(to, 0x22)
  store<u8>(to, COLUMN_KEY_PREFIX, 1)
  to = writeAscii(to + 2, 'message":')
  return writeQuoted(to, record.value, record.value + record.valueLength)
}

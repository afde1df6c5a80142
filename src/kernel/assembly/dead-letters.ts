/**
 * Dead letters: records that cannot or must not become rows, kept with their bytes. They grow from the end of the
 * output region downwards; finish (index.ts) moves them behind the rollups. Layout: memory-map.ts.
 */
import {
  DEAD_CODE_AT,
  DEAD_FIXED_BYTES,
  DEAD_FLAG_NO_PAYLOAD,
  DEAD_FLAGS_AT,
  DEAD_HEADERS_LENGTH_AT,
  DEAD_KEY_LENGTH_AT,
  DEAD_TIME_AT,
  DEAD_VALUE_LENGTH_AT,
  STEP_DONE,
  STEP_OUTPUT_FULL,
  STEP_ROW_TOO_LARGE,
} from '../memory-map'
import { freeBytes } from './room'
import { alignUp8 } from './simd'
import { record, task } from './state'

/** Writes the record in hand; STEP_DONE, or why there is no room for it. */
export function writeDeadLetter(code: u32): i32 {
  const keyBytes: usize = max(record.keyLength, 0)
  const valueBytes: usize = max(record.valueLength, 0)
  const headersBytes = record.end - record.headers
  const payload = keyBytes + valueBytes + headersBytes
  if (writable(payload)) {
    let p = writeFixed(code, 0, payload) + DEAD_FIXED_BYTES
    memory.copy(p, record.key, keyBytes)
    p += keyBytes
    memory.copy(p, record.value, valueBytes)
    memory.copy(p + valueBytes, record.headers, headersBytes)
    return STEP_DONE
  }
  if (task.rows + task.deadLetters != 0) return STEP_OUTPUT_FULL
  return writeDeadLetterWithoutPayload(code)
}

/** Writes the record in hand by its position and sizes alone. */
export function writeDeadLetterWithoutPayload(code: u32): i32 {
  if (!writable(0)) return task.rows + task.deadLetters != 0 ? STEP_OUTPUT_FULL : STEP_ROW_TOO_LARGE
  writeFixed(code, DEAD_FLAG_NO_PAYLOAD, 0)
  return STEP_DONE
}

function writable(payload: usize): bool {
  return (alignUp8((DEAD_FIXED_BYTES as usize) + payload) as i64) <= freeBytes()
}

function writeFixed(code: u32, flags: u32, payload: usize): usize {
  const entry = task.deadLow - alignUp8((DEAD_FIXED_BYTES as usize) + payload)
  task.deadLow = entry
  task.deadLetters++
  store<i64>(entry, record.offset)
  store<i64>(entry, record.rawTime, DEAD_TIME_AT)
  store<u16>(entry, code as u16, DEAD_CODE_AT)
  store<u16>(entry, flags as u16, DEAD_FLAGS_AT)
  store<i32>(entry, record.keyLength, DEAD_KEY_LENGTH_AT)
  store<i32>(entry, record.valueLength, DEAD_VALUE_LENGTH_AT)
  store<i32>(entry, flags == 0 ? ((record.end - record.headers) as i32) : -1, DEAD_HEADERS_LENGTH_AT)
  return entry
}

/**
 * Ends a task: puts row table, rollups and dead letters behind the rows, each 8-aligned (room.ts has kept room for
 * them), and writes the counts into the slot.
 */
import {
  RESULT_COPY_BYTES_AT,
  RESULT_DEAD_LETTER_COUNT_AT,
  RESULT_DEAD_LETTERS_AT,
  RESULT_DROPPED_AT,
  RESULT_EXPECTED_AT,
  RESULT_FIRST_TIME_AT,
  RESULT_LAST_TIME_AT,
  RESULT_MALFORMED_AT,
  RESULT_MAX_TS_AT,
  RESULT_MIN_TS_AT,
  RESULT_ROLLUP_COUNT_AT,
  RESULT_ROLLUPS_AT,
  RESULT_ROW_TABLE_AT,
  RESULT_ROWS_AT,
  RESULT_SANITIZED_AT,
  RESULT_SEGMENT_COUNT_AT,
  RESULT_SKIPPED_AT,
  RESULT_USED_AT,
  RESULT_VALUE_BYTES_AT,
  ROLLUP_ENTRIES_AT,
  ROW_ENTRY_BYTES,
  ROW_TABLE_STAGE_AT,
} from '../memory-map'
import { dropEmptyRollup, rollups } from './rollups'
import { alignUp8 } from './simd'
import { task } from './state'

export function finish(): void {
  const slot = task.slot
  dropEmptyRollup()
  store<u32>(slot, (task.out - task.outStart) as u32, RESULT_COPY_BYTES_AT)
  let p = append(task.out, slot + ROW_TABLE_STAGE_AT, task.rows * ROW_ENTRY_BYTES, RESULT_ROW_TABLE_AT)
  p = append(p, slot + ROLLUP_ENTRIES_AT, rollups.bytes, RESULT_ROLLUPS_AT)
  p = append(p, task.deadLow, task.deadEnd - task.deadLow, RESULT_DEAD_LETTERS_AT)
  store<u32>(slot, (p - task.outStart) as u32, RESULT_USED_AT)
  store<u32>(slot, task.rows, RESULT_ROWS_AT)
  store<u32>(slot, rollups.count, RESULT_ROLLUP_COUNT_AT)
  store<u32>(slot, task.deadLetters, RESULT_DEAD_LETTER_COUNT_AT)
  store<u32>(slot, task.malformed, RESULT_MALFORMED_AT)
  store<u32>(slot, task.sanitized, RESULT_SANITIZED_AT)
  store<u32>(slot, rollups.segmentCount, RESULT_SEGMENT_COUNT_AT)
  store<u32>(slot, task.dropped, RESULT_DROPPED_AT)
  store<f64>(slot, task.expected as f64, RESULT_EXPECTED_AT)
  store<f64>(slot, task.skipped as f64, RESULT_SKIPPED_AT)
  store<f64>(slot, task.valueBytes as f64, RESULT_VALUE_BYTES_AT)
  store<f64>(slot, task.minTs as f64, RESULT_MIN_TS_AT)
  store<f64>(slot, task.maxTs as f64, RESULT_MAX_TS_AT)
  store<f64>(slot, task.firstTime as f64, RESULT_FIRST_TIME_AT)
  store<f64>(slot, task.lastTime as f64, RESULT_LAST_TIME_AT)
}

/** Moves a part behind p and notes where it lies; nothing is moved, or counted as used, for an empty part. */
function append(p: usize, from: usize, bytes: usize, noteAt: usize): usize {
  const to = bytes == 0 ? p : alignUp8(p)
  memory.copy(to, from, bytes)
  store<u32>(task.slot + noteAt, (alignUp8(to) - task.outStart) as u32)
  return to + bytes
}

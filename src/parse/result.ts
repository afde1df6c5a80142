/**
 * Reads what a finished task left in its slot (memory-map.ts, "RESULT_") into the result that crosses to the main
 * thread. Neighbour: batch-walk.ts.
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
  SEGMENTS_AT,
} from '../kernel/memory-map.ts'
import type { ParseResult, ParserSettings, ParseTask } from './contract.ts'

const HOUR_MS = 3_600_000
const segmentMs = { hour: HOUR_MS, day: 24 * HOUR_MS }

/** What the worker itself knows of a task's end. */
export interface Ending {
  fingerprint: ParseResult['fingerprint']
  stop: ParseResult['stop']
  stopReason: string
  droppedBy: ParseResult['droppedBy']
  failedBy: ParseResult['failedBy']
  stepFailures: ParseResult['stepFailures']
  stepTimes: ParseResult['stepTimes']
}

/** The result of the task, whose slot the kernel has finished. */
export function readResult(
  view: DataView,
  task: ParseTask,
  settings: ParserSettings,
  ending: Ending,
  workerMs: number,
): ParseResult {
  const slot = task.scratchAddress
  const count = (at: number): number => view.getUint32(slot + at, true)
  const sum = (at: number): number => view.getFloat64(slot + at, true)
  const segments = Array.from(
    { length: count(RESULT_SEGMENT_COUNT_AT) },
    (_, index) => count(SEGMENTS_AT + index * 4) * segmentMs[settings.segment],
  )
  return {
    firstOffset: task.fromOffset,
    nextOffset: sum(RESULT_EXPECTED_AT),
    rows: count(RESULT_ROWS_AT),
    copyBytes: count(RESULT_COPY_BYTES_AT),
    rowTableAt: count(RESULT_ROW_TABLE_AT),
    rollupsAt: count(RESULT_ROLLUPS_AT),
    rollups: count(RESULT_ROLLUP_COUNT_AT),
    deadLettersAt: count(RESULT_DEAD_LETTERS_AT),
    deadLetters: count(RESULT_DEAD_LETTER_COUNT_AT),
    usedBytes: count(RESULT_USED_AT),
    dropped: count(RESULT_DROPPED_AT),
    droppedBy: ending.droppedBy,
    failedBy: ending.failedBy,
    stepFailures: ending.stepFailures,
    stepTimes: ending.stepTimes,
    skipped: sum(RESULT_SKIPPED_AT),
    valueBytes: sum(RESULT_VALUE_BYTES_AT),
    malformed: count(RESULT_MALFORMED_AT),
    sanitized: count(RESULT_SANITIZED_AT),
    minTs: sum(RESULT_MIN_TS_AT),
    maxTs: sum(RESULT_MAX_TS_AT),
    segments: segments.sort((a, b) => a - b),
    fingerprint: ending.fingerprint,
    firstTimestampMs: sum(RESULT_FIRST_TIME_AT),
    lastTimestampMs: sum(RESULT_LAST_TIME_AT),
    stop: ending.stop,
    stopReason: ending.stopReason,
    workerMs,
  }
}

/**
 * The records of one Kafka batch of magic 2, in order: which are due, what lies between them, where to stop.
 * The header was checked by the worker (src/parse/kafka-batch.ts); one record at a time goes to take.ts.
 */
import {
  DEAD_RECORD_TOO_LARGE,
  RESULT_EXPECTED_AT,
  RESULT_POSITION_AT,
  RESULT_REMAINING_AT,
  SETTLE_DROP,
  SETTLE_KEEP,
  SETTLE_REWRITTEN,
  STEP_CORRUPT,
  STEP_DONE,
  STEP_END,
  STEP_FIELDS,
  STEP_MORE,
  STEP_OUTPUT_FULL,
} from '../memory-map'
import { writeDeadLetter, writeDeadLetterWithoutPayload } from './dead-letters'
import { readRecord, readRecordHead } from './kafka-record'
import { record, task } from './state'
import { noteDone, setTime, storeOffered, storeRewritten, takeRecord } from './take'
import { readVarint, varint } from './varint'

// Batch header (Kafka protocol guide, "Record Batch"): what is used of it here.
const BASE_OFFSET_AT: usize = 0
const ATTRIBUTES_AT: usize = 21
const LAST_OFFSET_DELTA_AT: usize = 23
const BASE_TIMESTAMP_AT: usize = 27
const MAX_TIMESTAMP_AT: usize = 35
const LOG_APPEND_TIME: u16 = 8

/** Offsets in a row table are u32. */
const MAX_SPAN: i64 = 0xffffffff

/**
 * Goes through `remaining` records that begin at p and end by `end`; `more` says that the window holds only a part
 * of them. Gives a STEP_…; the slot then has the position and number of the first record not dealt with.
 */
export function parseRecords(batch: usize, p: usize, end: usize, more: bool, remaining: i32): i32 {
  let step: i32 = STEP_DONE
  while (remaining > 0) {
    const start = readVarint(p, end)
    const length = varint.value
    if (start == 0 || length > ((end - start) as i64)) {
      step = more && (start == 0 ? end - p < 5 : true) ? STEP_MORE : STEP_CORRUPT
      break
    }
    if (length < 0 || !readRecord(start, start + (length as usize))) {
      step = STEP_CORRUPT
      break
    }
    step = dealWith(batch, false)
    if (step != STEP_DONE) {
      waiting.behind = start + (length as usize)
      waiting.remaining = remaining - 1
      break
    }
    p = start + (length as usize)
    remaining--
  }
  if (step == STEP_DONE && !more && p != end) step = STEP_CORRUPT
  leave(p, remaining)
  return step
}

/**
 * Deals with a record at p that the whole window cannot hold, with `left` bytes to the batch's end: a dead letter
 * without payload. Gives STEP_DONE or why not; the slot then has how many bytes the record takes (as position).
 */
export function passOversized(batch: usize, p: usize, end: usize, left: i32, remaining: i32): i32 {
  const start = readVarint(p, end)
  const length = varint.value
  const key: usize = start == 0 ? (0 as usize) : readRecordHead(start, end)
  const fits = key != 0 && length >= 0 && ((start - p) as i64) + length <= (left as i64)
  if (!fits || readVarint(key, end) == 0) return STEP_CORRUPT
  record.keyLength = varint.value as i32
  record.valueLength = length as i32
  const step = dealWith(batch, true)
  leave(step == STEP_DONE ? start - p + (length as usize) : 0, step == STEP_DONE ? remaining - 1 : remaining)
  return step
}

/** Passes offsets without records up to `next` (not beyond the task's end). */
export function passTo(next: f64): void {
  pass((next as i64) < task.toOffset ? (next as i64) : task.toOffset)
  store<f64>(task.slot, task.expected as f64, RESULT_EXPECTED_AT)
}

function pass(next: i64): void {
  if (next <= task.expected) return
  task.skipped += next - task.expected
  task.expected = next
}

/** The record in hand, by its offset: not due, a gap, due, or out of order. */
function dealWith(batch: usize, oversized: bool): i32 {
  const offset = bswap<i64>(load<i64>(batch, BASE_OFFSET_AT)) + (record.offsetDelta as i64)
  if ((record.offsetDelta as u32) > bswap<u32>(load<u32>(batch, LAST_OFFSET_DELTA_AT))) return STEP_CORRUPT
  if (offset < task.firstOffset) return STEP_DONE
  if (offset < task.expected) return STEP_CORRUPT
  if (offset >= task.toOffset) {
    pass(task.toOffset)
    return STEP_END
  }
  if (offset - task.firstOffset >= MAX_SPAN) {
    if (task.rows + task.deadLetters == 0) pass(offset)
    return STEP_OUTPUT_FULL
  }
  record.offset = offset
  const isAppendTime = (bswap<u16>(load<u16>(batch, ATTRIBUTES_AT)) & LOG_APPEND_TIME) != 0
  setTime(
    isAppendTime
      ? bswap<i64>(load<i64>(batch, MAX_TIMESTAMP_AT))
      : bswap<i64>(load<i64>(batch, BASE_TIMESTAMP_AT)) + record.timeDelta,
  )
  const step = oversized ? writeDeadLetterWithoutPayload(DEAD_RECORD_TOO_LARGE) : takeRecord()
  if (step != STEP_DONE) return step
  noteDone()
  moveBehind(offset)
  return STEP_DONE
}

function moveBehind(offset: i64): void {
  pass(offset)
  task.expected = offset + 1
}

/** The record that waits for its steps (STEP_FIELDS): what lies behind it. */
class waiting {
  static behind: usize = 0
  static remaining: i32 = 0
}

/**
 * What the steps made of the record that waits: a SETTLE_…, with the bytes written or the code of the dead letter.
 * STEP_DONE, or why it has to wait longer; then it is as if it had not been met.
 */
export function settleRecord(how: i32, detail: u32): i32 {
  if (how == SETTLE_DROP) {
    task.dropped++
  } else {
    let step: i32
    if (how == SETTLE_KEEP) step = storeOffered()
    else if (how == SETTLE_REWRITTEN) step = storeRewritten(detail)
    else step = writeDeadLetter(detail)
    if (step != STEP_DONE) return step
    noteDone()
  }
  moveBehind(record.offset)
  leave(waiting.behind, waiting.remaining)
  return STEP_DONE
}

function leave(position: usize, remaining: i32): void {
  store<u32>(task.slot, position as u32, RESULT_POSITION_AT)
  store<i32>(task.slot, remaining, RESULT_REMAINING_AT)
  store<f64>(task.slot, task.expected as f64, RESULT_EXPECTED_AT)
}

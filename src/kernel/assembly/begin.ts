/**
 * Starts a task: settings from the slot's image, everything else from the arguments, all counts at zero.
 * The image itself is written by src/kernel/slot.ts.
 */
import {
  EXTRA_COUNT_AT,
  EXTRA_FIXED_BYTES,
  FLAGS_AT,
  FORMAT_AT,
  JUMBO_AT,
  MAX_RECORD_AT,
  ROW_FIXED_BYTES,
} from '../memory-map'
import { clearPlans } from './member-order'
import { clearRollups } from './rollups'
import { clearShapes } from './shape'
import { task } from './state'

/** Offsets and times are f64 so that JavaScript needs no BigInt; addresses are multiples of 8. */
export function begin(
  slot: usize,
  output: usize,
  outputBytes: usize,
  topicId: u32,
  partition: u32,
  nowMs: f64,
  fromOffset: f64,
  toOffset: f64,
): void {
  task.slot = slot
  task.outStart = output
  task.out = output
  task.deadEnd = (output + outputBytes) & ~7
  task.deadLow = task.deadEnd
  task.maxRecordBytes = load<u32>(slot, MAX_RECORD_AT)
  task.jumboBytes = load<u32>(slot, JUMBO_AT)
  task.flags = load<u32>(slot, FLAGS_AT)
  task.format = load<u8>(slot, FORMAT_AT)
  task.extraColumns = load<u8>(slot, EXTRA_COUNT_AT)
  task.rowFixedBytes = (ROW_FIXED_BYTES as i64) + ((task.extraColumns * EXTRA_FIXED_BYTES) as i64)
  task.topicId = topicId
  task.partition = partition
  task.nowMs = nowMs as i64
  task.firstOffset = fromOffset as i64
  task.toOffset = toOffset as i64
  task.expected = task.firstOffset
  clearCounts()
  clearRollups()
  clearShapes()
  clearPlans()
}

function clearCounts(): void {
  task.rows = 0
  task.deadLetters = 0
  task.malformed = 0
  task.sanitized = 0
  task.dropped = 0
  task.skipped = 0
  task.valueBytes = 0
  task.minTs = 0
  task.maxTs = 0
  task.firstTime = 0
  task.lastTime = 0
}

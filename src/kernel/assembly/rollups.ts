/**
 * Counts rows by minute, severity and service while they are made, and notes the segments that they need.
 * Entries are kept in the slot in the layout of the output (memory-map.ts), found through an open-addressing index.
 */
import {
  MAX_ROLLUPS,
  MAX_SEGMENTS,
  ROLLUP_ENTRIES_AT,
  ROLLUP_ENTRIES_BYTES,
  ROLLUP_FIXED_BYTES,
  ROLLUP_INDEX_AT,
  ROLLUP_INDEX_SLOTS,
  ROLLUP_LENGTH_AT,
  ROLLUP_MINUTE_AT,
  ROLLUP_RECORDS_AT,
  ROLLUP_SEVERITY_AT,
  ROLLUPS_BEFORE_OTHER,
  SEGMENTS_AT,
} from '../memory-map'
import { alignUp8, copyBytes, equalBytes } from './simd'
import { task } from './state'
import { writeAscii } from './text'

export class rollups {
  static count: u32 = 0
  /** Of all entries. */
  static bytes: usize = 0
  /** The entry made last. */
  static last: usize = 0
  static segmentCount: u32 = 0
  static lastSegment: u32 = 0
}

/** The largest entry: room for one must be left before a row is made. */
export const MAX_ROLLUP_BYTES: usize = 280

export function clearRollups(): void {
  rollups.count = 0
  rollups.bytes = 0
  rollups.segmentCount = 0
  memory.fill(task.slot + ROLLUP_INDEX_AT, 0, ROLLUP_INDEX_SLOTS * 4)
}

function hashOf(minute: u32, severity: u32, service: usize, length: u32): u32 {
  let hash: u64 = ((minute as u64) << 24) ^ ((severity as u64) << 16) ^ (length as u64)
  let left = length
  while (left >= 8) {
    hash = (hash ^ load<u64>(service)) * 0x9e3779b97f4a7c15
    hash ^= hash >> 29
    service += 8
    left -= 8
  }
  const rest = left == 0 ? 0 : load<u64>(service) & (((1 as u64) << ((left * 8) as u64)) - 1)
  hash = (hash ^ rest) * 0x9e3779b97f4a7c15
  return (hash >> 40) as u32
}

/** The entry of a key, made when it is new; 0 when there is no room for it. */
export function rollupOf(minute: u32, severity: u32, service: usize, length: u32): usize {
  const index = task.slot + ROLLUP_INDEX_AT
  let at = hashOf(minute, severity, service, length) & (ROLLUP_INDEX_SLOTS - 1)
  while (true) {
    const entry: usize = load<u32>(index + at * 4)
    if (entry == 0) break
    if (
      load<u32>(entry, ROLLUP_MINUTE_AT) == minute &&
      load<u16>(entry, ROLLUP_SEVERITY_AT) == severity &&
      load<u16>(entry, ROLLUP_LENGTH_AT) == length &&
      equalBytes(entry + ROLLUP_FIXED_BYTES, service, length)
    ) {
      return entry
    }
    at = (at + 1) & (ROLLUP_INDEX_SLOTS - 1)
  }
  return addRollup(index + at * 4, minute, severity, service, length)
}

function addRollup(place: usize, minute: u32, severity: u32, service: usize, length: u32): usize {
  const other = isOther(service, length)
  if (rollups.count >= (ROLLUPS_BEFORE_OTHER as u32) && !other) {
    const name = task.slot + ROLLUP_ENTRIES_AT + rollups.bytes + ROLLUP_FIXED_BYTES
    if (rollups.bytes + MAX_ROLLUP_BYTES > (ROLLUP_ENTRIES_BYTES as usize)) return 0
    return rollupOf(minute, severity, name, (writeAscii(name, '(other)') - name) as u32)
  }
  if (
    rollups.count >= (MAX_ROLLUPS as u32) ||
    rollups.bytes + MAX_ROLLUP_BYTES > (ROLLUP_ENTRIES_BYTES as usize)
  )
    return 0
  const entry = task.slot + ROLLUP_ENTRIES_AT + rollups.bytes
  store<u64>(entry, 0)
  store<u32>(entry, minute, ROLLUP_MINUTE_AT)
  store<u32>(entry, 0, ROLLUP_RECORDS_AT)
  store<u16>(entry, severity as u16, ROLLUP_SEVERITY_AT)
  store<u16>(entry, length as u16, ROLLUP_LENGTH_AT)
  if (entry + ROLLUP_FIXED_BYTES != service) copyBytes(entry + ROLLUP_FIXED_BYTES, service, length)
  store<u32>(place, entry as u32)
  rollups.last = entry
  rollups.count++
  rollups.bytes += alignUp8(ROLLUP_FIXED_BYTES + length)
  return entry
}

/** The entry made last has no row when its row found no room: it goes. Nothing is looked up after. */
export function dropEmptyRollup(): void {
  if (rollups.count == 0 || load<u32>(rollups.last, ROLLUP_RECORDS_AT) != 0) return
  rollups.count--
  rollups.bytes = rollups.last - task.slot - ROLLUP_ENTRIES_AT
}

/** Is it the name under which the surplus counts? */
function isOther(service: usize, length: u32): bool {
  return length == 7 && load<u32>(service) == 0x68746f28 && (load<u32>(service, 4) & 0xffffff) == 0x297265
}

export function countRow(entry: usize, valueBytes: u32): void {
  store<u64>(entry, load<u64>(entry) + valueBytes)
  store<u32>(entry, load<u32>(entry, ROLLUP_RECORDS_AT) + 1, ROLLUP_RECORDS_AT)
}

/** Notes that rows need a segment (counted from 1970 in its own unit); false when no more can be noted. */
export function noteSegment(segment: u32): bool {
  if (rollups.segmentCount != 0 && rollups.lastSegment == segment) return true
  const list = task.slot + SEGMENTS_AT
  rollups.lastSegment = segment
  for (let i: u32 = 0; i < rollups.segmentCount; ++i) {
    if (load<u32>(list + i * 4) == segment) return true
  }
  if (rollups.segmentCount == (MAX_SEGMENTS as u32)) {
    rollups.lastSegment = load<u32>(list)
    return false
  }
  store<u32>(list + rollups.segmentCount++ * 4, segment)
  return true
}

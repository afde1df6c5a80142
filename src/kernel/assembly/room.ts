/**
 * How much of the output region is free: between the rows, which grow upwards, and the dead letters, which grow
 * downwards, less what finish (index.ts) will put between them.
 */
import { ROW_ENTRY_BYTES } from '../memory-map'
import { MAX_ROLLUP_BYTES, rollups } from './rollups'
import { task } from './state'

/** One more row table entry and rollup, the padding of the parts, and what 16-byte stores may overrun. */
export const RESERVED_BYTES: i64 = ((ROW_ENTRY_BYTES + 64) as i64) + (MAX_ROLLUP_BYTES as i64)

/** Bytes for the next row or dead letter; negative when there are none. */
export function freeBytes(): i64 {
  return (
    (task.deadLow as i64) -
    (task.out as i64) -
    ((task.rows * ROW_ENTRY_BYTES) as i64) -
    (rollups.bytes as i64) -
    RESERVED_BYTES
  )
}

/**
 * The field table: where a promoted field was met in the text. One entry an alias slot, in the slot of the task.
 * json-object.ts fills it; columns.ts, attrs.ts and row.ts read it.
 */
import { COLUMNS_AT, FIELD_BYTES, FIELDS_AT } from '../memory-map'
import { scan, task } from './state'

@unmanaged
export class Field {
  /** The value, without the quotes of a string. */
  start: usize
  end: usize
  kind: u32
  flags: u32
  /** Where leaving the member out begins: its comma, or behind the brace that opens the object. */
  before: usize
  /** Where it ends: behind the next comma, or at the brace that closes the object. */
  after: usize
  /** The brace that opens the object. */
  object: usize
  /** 1 when a kept member of the same object stands before it (attrs.ts). */
  kept: u32
}

export function fieldOf(slot: u32): Field {
  return changetype<Field>(task.slot + FIELDS_AT + slot * FIELD_BYTES)
}

/** One bit for each alias of the column that was met, the first alias lowest. */
export function metAliases(column: u32): u64 {
  const first = firstSlot(column) as u64
  const count = load<u8>(task.slot + column * 2, COLUMNS_AT + 1) as u64
  const mask: u64 = count >= 64 ? <u64>-1 : ((<u64>1) << count) - 1
  return (scan.seen >> first) & mask
}

export function firstSlot(column: u32): u32 {
  return load<u8>(task.slot + column * 2, COLUMNS_AT)
}

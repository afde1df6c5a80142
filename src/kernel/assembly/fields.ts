/**
 * The field table: where a promoted field was met in the text. One entry an alias slot, in the slot of the task.
 * The scanners fill it (formats.ts); columns.ts, extra-columns.ts, attrs.ts and row.ts read it.
 */
import { COLUMNS_AT, FIELD_BYTES, FIELDS_AT, MAX_ALIASES } from '../memory-map'
import { scan, task } from './state'

@unmanaged
export class Field {
  /** The value, without the quotes of a string. */
  start: usize
  end: usize
  kind: u32
  flags: u32
  // JSON alone from here.
  /** Where what stands before its value begins: at the brace that opens the object, else behind the value before. */
  token: usize
  /** The member's number in the record (member-order.ts), of use where there is a plan. */
  member: u32
  /** 1 when a kept member of the same object stands before it (attrs.ts). */
  kept: u32
}

/** Forgets the fields and pairs of the record before. */
export function beginFields(): void {
  scan.seen = 0
  scan.seenExtra = 0
  scan.plan = 0
  scan.noted = 0
  scan.rest = 0
}

export function fieldOf(slot: u32): Field {
  return changetype<Field>(task.slot + FIELDS_AT + slot * FIELD_BYTES)
}

/** Notes a field met in the text, of the kind and flags in `scan`; of several under one name the first counts. */
export function noteField(slot: u32, start: usize, end: usize, token: usize, member: u32): void {
  if (slot < (MAX_ALIASES as u32)) {
    const bit: u64 = (1 as u64) << (slot as u64)
    if (scan.seen & bit) return
    scan.seen |= bit
  } else {
    const bit: u32 = 1 << (slot - MAX_ALIASES)
    if (scan.seenExtra & bit) return
    scan.seenExtra |= bit
  }
  const field = fieldOf(slot)
  field.start = start
  field.end = end
  field.kind = scan.kind
  field.flags = scan.flags
  field.token = token
  field.member = member
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

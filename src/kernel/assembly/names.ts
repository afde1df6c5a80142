/**
 * Looks a text up in a name table (layout: memory-map.ts; written by src/kernel/name-table.ts, whose bucketOf is
 * this one's twin). Used for aliases and for names of severities.
 */
import { NAME_ENTRY_BYTES, NAME_HEADS_BYTES, NAME_LENGTH_AT, NAME_NEXT_AT } from '../memory-map'
import { equalBytes } from './simd'

/** The entry of the text, or 0. */
export function findName(table: usize, text: usize, length: usize): usize {
  if (length == 0) return 0
  const bucket =
    ((length as u32) * 7 + (load<u8>(text) as u32) * 31 + (load<u8>(text + length - 1) as u32) * 13) & 255
  let number: u32 = load<u16>(table + bucket * 2)
  while (number != 0) {
    const entry = table + (NAME_HEADS_BYTES - NAME_ENTRY_BYTES) + number * NAME_ENTRY_BYTES
    if (load<u8>(entry, NAME_LENGTH_AT) == length && equalBytes(table + load<u16>(entry), text, length)) {
      return entry
    }
    number = load<u16>(entry, NAME_NEXT_AT)
  }
  return 0
}

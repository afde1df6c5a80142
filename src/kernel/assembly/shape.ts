/**
 * The shape of the last record: consecutive records mostly have the same keys in the same order. A key that is the
 * one expected at its place is passed with one comparison, without looking for its end or its name, which would be
 * a chain of loads (native-bench/kernel.ts: a record takes a fifth less time).
 */
import { PAIR_SHAPE_AT, SHAPE_AT, SHAPE_ENTRY_BYTES, SHAPE_MEMBERS } from '../memory-map'
import { scan, task } from './state'

// Two of them, at SHAPE_AT for JSON and at PAIR_SHAPE_AT for logfmt: a key of one is no key of the other.
// An entry: the text `"key":` or `key=` in 16 bytes, a bit for each byte of it, its length (0: nothing expected), the name entry.
const MASK_AT: usize = 16
const LENGTH_AT: usize = 20
const NAME_AT: usize = 24
const LONGEST: usize = 16

/** Expects nothing: the slot may have served other aliases. */
export function clearShape(): void {
  memory.fill(task.slot + SHAPE_AT, 0, SHAPE_ENTRY_BYTES * SHAPE_MEMBERS)
  memory.fill(task.slot + PAIR_SHAPE_AT, 0, SHAPE_ENTRY_BYTES * SHAPE_MEMBERS)
}

/** The entry of the first member. */
export function firstExpected(shape: usize): usize {
  return task.slot + shape
}

/** The entry of the member behind; 0 when there are no more. */
export function nextExpected(entry: usize, shape: usize): usize {
  return entry + SHAPE_ENTRY_BYTES == task.slot + shape + SHAPE_ENTRY_BYTES * SHAPE_MEMBERS
    ? 0
    : entry + SHAPE_ENTRY_BYTES
}

/** Bytes of the key at p with its colon, when it is the expected one; else 0. */
export function passExpected(entry: usize, p: usize, end: usize): usize {
  const length: usize = load<u32>(entry, LENGTH_AT)
  const mask = load<u32>(entry, MASK_AT)
  const same = i8x16.bitmask(i8x16.eq(v128.load(p), v128.load(entry))) as u32
  return p + length <= end && (same & mask) == mask ? length : 0
}

/** The name entry of the expected key, or 0. */
export function expectedName(entry: usize): usize {
  return load<u32>(entry, NAME_AT)
}

/** Expects in the next record the key that begins at p (JSON: its quote), up to `colon`. Only short plain keys. */
export function expect(entry: usize, p: usize, colon: usize, name: usize): void {
  const length = colon + 1 - p
  if (length > LONGEST || scan.flags != 0) return
  v128.store(entry, v128.load(p))
  store<u32>(entry, ((1 as u32) << (length as u32)) - 1, MASK_AT)
  store<u32>(entry, length as u32, LENGTH_AT)
  store<u32>(entry, name as u32, NAME_AT)
}

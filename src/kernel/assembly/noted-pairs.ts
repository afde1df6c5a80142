/**
 * The pairs of a record that is no JSON, as its scanner met them, so that pairs.ts need not look for them again. They
 * are noted in the ascending order of their values' addresses, by which pairs.ts knows those that became columns.
 */
import { MAX_NOTED_PAIRS, PAIR_BYTES, PAIRS_AT } from '../memory-map'
import { scan, task } from './state'

/** A bare key has no value (0), a key without a prefix no prefixEnd (0). */
@unmanaged
export class Pair {
  key: u32
  keyEnd: u32
  value: u32
  valueEnd: u32
  kind: u32
  keyFlags: u32
  flags: u32
  prefix: u32
  prefixEnd: u32
}

export function pairAt(index: u32): Pair {
  return changetype<Pair>(task.slot + PAIRS_AT + index * PAIR_BYTES)
}

/** Notes a key while there is room; else where the rest begins. */
export function noteKey(key: usize, keyEnd: usize, keyFlags: u32): void {
  if (scan.noted == (MAX_NOTED_PAIRS as u32)) {
    if (scan.rest == 0) scan.rest = key
    return
  }
  const pair = pairAt(scan.noted++)
  pair.key = key as u32
  pair.keyEnd = keyEnd as u32
  pair.keyFlags = keyFlags
  pair.value = 0
  pair.prefixEnd = 0
}

/** Notes the value of the key noted last; its kind and flags are in `scan`. */
export function notePairValue(start: usize, end: usize): void {
  if (scan.rest != 0) return
  const pair = pairAt(scan.noted - 1)
  pair.value = start as u32
  pair.valueEnd = end as u32
  pair.kind = scan.kind
  pair.flags = scan.flags
}

/** Puts a text and a dot before the key noted last. */
export function notePrefix(start: usize, end: usize): void {
  const pair = pairAt(scan.noted - 1)
  pair.prefix = start as u32
  pair.prefixEnd = end as u32
}

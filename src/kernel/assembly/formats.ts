/**
 * Which scanner a value goes to: the format is a number in the slot's settings (FORMAT_AT). A new format is one file
 * with a function (position, end) → VALUE_… that fills the field table, a line here, and a writer of its members in
 * attrs.ts where they do not lie in the text as JSON.
 */
import { FORMAT_AUTO, FORMAT_JSON, FORMAT_RAW } from '../memory-map'
import { skipSpace } from './json'
import { scanJson } from './json-object'
import { scanLogfmt } from './logfmt'
import { scan, task, VALUE_EMPTY, VALUE_PAIRS, VALUE_RAW } from './state'

/** In a text of any format, so many pairs and nothing else make it logfmt. */
const LEAST_PAIRS: u32 = 2

/** What the value is, which may be empty, and its fields. */
export function scanValueOf(p: usize, end: usize): u32 {
  if (task.format == FORMAT_JSON) return p == end ? VALUE_EMPTY : scanJson(p, end)
  if (task.format == FORMAT_RAW) return VALUE_RAW
  if (task.format == FORMAT_AUTO) return scanAny(p, end)
  return p == end ? VALUE_EMPTY : scanLogfmt(p, end)
}

/** By content: an object opens with its brace, logfmt begins with a pair and holds only pairs, all else is text. */
function scanAny(p: usize, end: usize): u32 {
  const start = skipSpace(p, end)
  if (start < end && load<u8>(start) == 0x7b) return scanJson(p, end)
  const isLogfmt = scanLogfmt(p, end) == VALUE_PAIRS && scan.pairs >= LEAST_PAIRS && scan.bareKeys == 0
  return isLogfmt ? VALUE_PAIRS : VALUE_RAW
}

/**
 * Which scanner a value goes to: the format is a number in the slot's settings (FORMAT_AT). A new format is one file
 * with a function (position, end) → VALUE_… that fills the field table, a line here, and a writer of its members in
 * attrs.ts where it notes neither JSON nor pairs.
 */
import { FORMAT_ACCESS, FORMAT_AUTO, FORMAT_JSON, FORMAT_LOGFMT, FORMAT_RAW } from '../memory-map'
import { scanAccess } from './access'
import { skipSpace } from './json'
import { scanJson } from './json-object'
import { scanLogfmt } from './logfmt'
import { findByte } from './simd'
import { scan, task, VALUE_EMPTY, VALUE_PAIRS, VALUE_RAW } from './state'
import { scanSyslog } from './syslog'

/** In a text of any format, so many pairs and nothing else make it logfmt. */
const LEAST_PAIRS: u32 = 2

/** What the value is, which may be empty, and its fields. */
export function scanValueOf(p: usize, end: usize): u32 {
  if (task.format == FORMAT_JSON) return p == end ? VALUE_EMPTY : scanJson(p, end)
  if (task.format == FORMAT_RAW) return VALUE_RAW
  if (task.format == FORMAT_AUTO) return scanAny(p, end)
  if (p == end) return VALUE_EMPTY
  if (task.format == FORMAT_LOGFMT) return scanLogfmt(p, end)
  return task.format == FORMAT_ACCESS ? scanAccess(p, end) : scanSyslog(p, end, false)
}

/**
 * By content: an object opens with its brace, a line of an access log or of syslog has its times and signs in their
 * places and no "=" in its first word, logfmt begins with a pair and holds only pairs, all else is text.
 */
function scanAny(p: usize, end: usize): u32 {
  const start = skipSpace(p, end)
  if (start == end) return VALUE_RAW
  if (load<u8>(start) == 0x7b) return scanJson(p, end)
  const wordEnd = findByte(start, end, 0x20)
  const mayBeLine = findByte(start, wordEnd, 0x3d) == wordEnd
  if (mayBeLine && (scanSyslog(p, end, true) == VALUE_PAIRS || scanAccess(p, end) == VALUE_PAIRS))
    return VALUE_PAIRS
  const isLogfmt = scanLogfmt(p, end) == VALUE_PAIRS && scan.pairs >= LEAST_PAIRS && scan.bareKeys == 0
  return isLogfmt ? VALUE_PAIRS : VALUE_RAW
}

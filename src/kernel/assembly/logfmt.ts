/**
 * The logfmt scanner: pairs as go-logfmt and kr/logfmt write them, and what logrus and log/slog make of strings.
 * Twin: test/reference/logfmt.ts.
 *
 *   record = *space pair *( *space pair ) *space           space = SP HT LF CR
 *   pair   = key [ "=" [ value ] ]                         without "=": true; without value: an empty string
 *   key    = 1*( any but space, "=", quote, %x00-1F )
 *   value  = quote *( any but quote and backslash / escape ) quote         escape = JSON's or Go's
 *          / 1*( any but space, quote, %x00-1F )           where it reads so: a number, true, false, null
 *
 * A record without any "=" is no logfmt. Bytes that are not UTF-8, NUL in quotes, and escapes of what Postgres refuses
 * do not end it: they set FLAG_BAD.
 */
import { ALIASES_AT, NAME_VALUE_AT, NO_VALUE } from '../memory-map'
import { sizeOfEscape } from './escape'
import { beginFields, noteField } from './fields'
import { sizeOfGoEscape } from './go-escape'
import { skipSpace } from './json'
import { findName } from './names'
import { noteKey, notePairValue } from './noted-pairs'
import { isPlainNumber } from './number'
import { behind, knownKey, knownLength, knownName, learnKey, PAIR_SHAPES, shapesOf } from './shape'
import { stringStops, wordStops } from './simd'
import {
  FLAG_BAD,
  FLAG_ESCAPED,
  FLAG_FOREIGN,
  FLAG_LITERAL,
  KIND_BOOLEAN,
  KIND_NULL,
  KIND_NUMBER,
  KIND_STRING,
  scan,
  task,
  VALUE_NOT_LOGFMT,
  VALUE_PAIRS,
} from './state'
import { characterAt } from './utf8'

const EQUALS: u8 = 0x3d
const QUOTE: u8 = 0x22
/** What quotes, colon, comma and `true` add to a pair at most. */
const PAIR_GROWTH: i64 = 8

/** The value of the pair read last; its kind and flags are in `scan`. */
export class pairValue {
  static start: usize = 0
  static end: usize = 0
}

/** The key read last: its name entry (0: none), whether nothing but a space follows, what may follow (shape.ts). */
class pairKey {
  static name: usize = 0
  static isBare: bool = false
  static list: usize = 0
}

/** Scans a value that is not empty; gives VALUE_PAIRS, with the filled field table, or VALUE_NOT_LOGFMT. */
export function scanLogfmt(p: usize, end: usize): u32 {
  beginFields()
  scan.pairs = 0
  scan.bareKeys = 0
  scan.growth = 0
  pairKey.list = shapesOf(PAIR_SHAPES)
  while ((p = skipSpace(p, end)) < end) {
    scan.growth += PAIR_GROWTH
    p = readKey(p, end)
    if (p == 0) return VALUE_NOT_LOGFMT
    if (pairKey.isBare) {
      scan.bareKeys++
      continue
    }
    p = readPairValue(p, end)
    if (p == 0) return VALUE_NOT_LOGFMT
    scan.pairs++
    if (scan.flags != 0) grow(pairValue.start, pairValue.end)
    notePairValue(pairValue.start, pairValue.end)
    if (pairKey.name == 0) continue
    const slot: u32 = load<u8>(pairKey.name, NAME_VALUE_AT)
    if (slot != NO_VALUE) noteField(slot, pairValue.start, pairValue.end, 0, 0)
  }
  return scan.pairs == 0 ? VALUE_NOT_LOGFMT : VALUE_PAIRS
}

/** Reads the key at p < end and its "="; gives the position behind them, or 0. Sets pairKey. */
function readKey(p: usize, end: usize): usize {
  pairKey.isBare = false
  const list = pairKey.list
  const known: usize = list != 0 ? knownKey(list, p, end) : 0
  const length: usize = known != 0 ? knownLength(known) : 0
  if (length != 0) {
    pairKey.list = behind(known)
    pairKey.name = knownName(known)
    noteKey(p, p + length - 1, 0)
    return p + length
  }
  const keyEnd = scanWord(p, end, EQUALS)
  if (keyEnd == 0 || keyEnd == p) return 0
  noteKey(p, keyEnd, scan.flags)
  if (scan.flags != 0) grow(p, keyEnd)
  if (keyEnd == end || load<u8>(keyEnd) != EQUALS) {
    pairKey.isBare = true
    return keyEnd
  }
  pairKey.name = findName(task.slot + ALIASES_AT, p, keyEnd - p)
  if (list != 0) {
    const isPlain = scan.flags == 0
    const node = known != 0 ? known : learnKey(list, p, keyEnd + 1 - p, isPlain, 0, pairKey.name)
    pairKey.list = node != 0 ? behind(node) : 0
  }
  return keyEnd + 1
}

/** Counts what writing a text with the flags in `scan` may add to it. */
function grow(p: usize, end: usize): void {
  if (scan.flags & FLAG_FOREIGN) scan.growth += ((end - p) as i64) * 5
  else if (scan.flags & (FLAG_BAD | FLAG_LITERAL)) scan.growth += ((end - p) as i64) * 2
}

/**
 * A word without quotes at p, up to a space or `stop`; gives the position behind it, or 0 where it is broken.
 * Sets scan.flags.
 */
export function scanWord(p: usize, end: usize, stop: u8): usize {
  let flags: u32 = 0
  while (p < end) {
    const stops = wordStops(v128.load(p), stop)
    if (stops == 0) {
      p += 16
      continue
    }
    p += ctz(stops)
    if (p >= end) break
    const byte = load<u8>(p)
    if (byte == stop && stop != QUOTE) break
    if (byte == 0x5c) {
      flags |= FLAG_LITERAL
      p++
    } else if (byte >= 0x80) {
      const size = characterAt(p, end)
      if (size < 0) flags |= FLAG_BAD
      p += size < 0 ? -size : size
    } else if (byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09) {
      break
    } else {
      return 0
    }
  }
  scan.flags = flags
  return p < end ? p : end
}

/** The value behind the "=" before p; gives the position behind it, or 0. Sets pairValue, scan.kind and scan.flags. */
export function readPairValue(p: usize, end: usize): usize {
  scan.kind = KIND_STRING
  if (p < end && load<u8>(p) == QUOTE) {
    const close = scanQuoted(p + 1, end)
    pairValue.start = p + 1
    pairValue.end = close
    return close == 0 ? 0 : close + 1
  }
  const behind = scanWord(p, end, QUOTE)
  if (behind == 0) return 0
  pairValue.start = p
  pairValue.end = behind
  if (behind != p && scan.flags == 0) scan.kind = kindOfWord(p, behind)
  return behind
}

function kindOfWord(p: usize, end: usize): u32 {
  const first = load<u8>(p)
  if ((first as u32) - 0x30 <= 9 || first == 0x2d) return isPlainNumber(p, end) ? KIND_NUMBER : KIND_STRING
  const word = load<u32>(p)
  if (end - p == 4) {
    if (word == 0x65757274) return KIND_BOOLEAN
    return word == 0x6c6c756e ? KIND_NULL : KIND_STRING
  }
  return end - p == 5 && word == 0x736c6166 && load<u8>(p, 4) == 0x65 ? KIND_BOOLEAN : KIND_STRING
}

/** p is behind the opening quote; gives the address of the closing one, or 0. Sets scan.flags. */
function scanQuoted(p: usize, end: usize): usize {
  let flags: u32 = 0
  while (p < end) {
    const stops = stringStops(v128.load(p))
    if (stops == 0) {
      p += 16
      continue
    }
    p += ctz(stops)
    if (p >= end) return 0
    const byte = load<u8>(p)
    if (byte == QUOTE) {
      scan.flags = flags
      return p
    }
    let size: i32 = 1
    if (byte == 0x5c) {
      flags |= FLAG_ESCAPED
      size = sizeOfEscape(p, end)
      if (size == 0) {
        flags |= FLAG_FOREIGN
        size = sizeOfGoEscape(p, end)
        if (size == 0) return 0
      }
    } else if (byte >= 0x80) {
      size = characterAt(p, end)
    } else {
      flags |= FLAG_FOREIGN
      if (byte == 0) flags |= FLAG_BAD
    }
    if (size < 0) {
      flags |= FLAG_BAD
      size = -size
    }
    p += size
  }
  return 0
}

/**
 * Text for Postgres: valid UTF-8 without NUL, with U+FFFD for what is not. Writers take an address and give the one
 * behind what they wrote; they may store up to 15 bytes more. Twin: test/reference/text.ts.
 */
import { BAD_CODE, codeOfEscape, sizeOfEscape } from './escape'
import { copyBytes, stringStops, textStops } from './simd'
import { row } from './state'
import { characterAt, storeCharacter, storeReplacement } from './utf8'

/**
 * The text of a JSON string (or of a number, with flags 0) at most cap bytes long, cut between characters.
 * Sets row.cut when it was cut, row.changed when something was replaced.
 */
export function writeString(to: usize, p: usize, end: usize, flags: u32, cap: usize): usize {
  if (flags != 0 || end - p > cap) return writeSlowString(to, p, end, cap)
  copyBytes(to, p, end - p)
  return to + (end - p)
}

function writeSlowString(to: usize, p: usize, end: usize, cap: usize): usize {
  const limit = to + cap
  while (p < end) {
    const bytes = v128.load(p)
    const stops = stringStops(bytes)
    let run: usize = stops == 0 ? 16 : ctz(stops)
    if (run > end - p) run = end - p
    if (run > limit - to) {
      v128.store(to, bytes)
      row.cut = true
      return limit
    }
    if (run != 0) {
      v128.store(to, bytes)
      to += run
      p += run
      continue
    }
    const size = load<u8>(p) == 0x5c ? sizeOfEscape(p, end) : characterAt(p, end)
    const behind = load<u8>(p) == 0x5c ? storeEscaped(to, p, size) : storeRaw(to, p, size)
    if (behind > limit) {
      row.cut = true
      return to
    }
    to = behind
    p += size < 0 ? -size : size
  }
  return to
}

function storeEscaped(to: usize, p: usize, size: i32): usize {
  const code = codeOfEscape(p, size)
  if (code != BAD_CODE) return storeCharacter(to, code)
  row.changed = true
  return storeReplacement(to)
}

/** Writes the character at p, of the size that characterAt gave. */
export function storeRaw(to: usize, p: usize, size: i32): usize {
  if (size > 0) {
    store<u32>(to, load<u32>(p))
    return to + size
  }
  row.changed = true
  return storeReplacement(to)
}

/** Can Postgres store these bytes as text as they are? */
export function isCleanText(p: usize, end: usize): bool {
  while (p < end) {
    const stops = textStops(v128.load(p))
    if (stops == 0) {
      p += 16
      continue
    }
    p += ctz(stops)
    if (p >= end) return true
    const size = load<u8>(p) == 0 ? 0 : characterAt(p, end)
    if (size <= 0) return false
    p += size
  }
  return true
}

/** Any bytes as text, all of them. */
export function writeRawText(to: usize, p: usize, end: usize): usize {
  while (p < end) {
    const byte = load<u8>(p)
    if (byte - 1 < 0x7f) {
      store<u8>(to++, byte)
      p++
      continue
    }
    const size = byte == 0 ? -1 : characterAt(p, end)
    to = storeRaw(to, p, size)
    p += size < 0 ? -size : size
  }
  return to
}

/** Any bytes as a JSON string with its quotes: six bytes for one at most. */
export function writeQuoted(to: usize, p: usize, end: usize): usize {
  store<u8>(to++, 0x22)
  while (p < end) {
    const byte = load<u8>(p)
    if (byte >= 0x80 || byte == 0) {
      const size = byte == 0 ? -1 : characterAt(p, end)
      to = storeRaw(to, p, size)
      p += size < 0 ? -size : size
      continue
    }
    if (byte == 0x22 || byte == 0x5c) {
      store<u8>(to++, 0x5c)
      store<u8>(to++, byte)
    } else if (byte < 0x20) {
      // "\u00" and two hex digits
      store<u32>(to, 0x3030755c)
      store<u8>(to, 0x30 + (byte >> 4), 4)
      store<u8>(to, (byte & 15) + ((byte & 15) > 9 ? 0x57 : 0x30), 5)
      to += 6
    } else {
      store<u8>(to++, byte)
    }
    p++
  }
  store<u8>(to, 0x22)
  return to + 1
}

/** A constant of this kernel (ASCII; such literals lie in static memory as UTF-16). */
export function writeAscii(to: usize, text: string): usize {
  const from = changetype<usize>(text)
  const length: usize = text.length
  for (let i: usize = 0; i < length; ++i) store<u8>(to + i, load<u8>(from + i * 2))
  return to + length
}

/** An integer in decimal. */
export function writeInteger(to: usize, value: i64): usize {
  let rest: u64 = value < 0 ? (0 as u64) - (value as u64) : (value as u64)
  if (value < 0) store<u8>(to++, 0x2d)
  let length: usize = 1
  for (let left = rest / 10; left != 0; left /= 10) length++
  for (let at = length; at > 0; rest /= 10) store<u8>(to + --at, (0x30 + (rest % 10)) as u8)
  return to + length
}

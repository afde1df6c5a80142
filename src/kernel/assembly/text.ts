/**
 * Text for Postgres: valid UTF-8 without NUL, with U+FFFD for what is not. Writers take an address and give the one
 * behind what they wrote; they may store up to 15 bytes more. Twin: test/reference/text.ts.
 */
import { BAD_CODE, codeOfEscape, sizeOfEscape } from './escape'
import { codeOfGoEscape, sizeOfGoEscape } from './go-escape'
import { copyBytes, stringStops, textStops } from './simd'
import { FLAG_DATA, FLAG_LITERAL, row } from './state'
import { characterAt, storeCharacter, storeReplacement } from './utf8'

/**
 * The text of a string (or of a number, with flags 0) at most cap bytes long, cut between characters.
 * Sets row.cut when it was cut, row.changed when something was replaced.
 */
export function writeString(to: usize, p: usize, end: usize, flags: u32, cap: usize): usize {
  if (flags != 0 || end - p > cap) return writeSlowString(to, p, end, flags, cap)
  copyBytes(to, p, end - p)
  return to + (end - p)
}

function writeSlowString(to: usize, p: usize, end: usize, flags: u32, cap: usize): usize {
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
    const isEscape = load<u8>(p) == 0x5c && (flags & FLAG_LITERAL) == 0
    const behind = !isEscape
      ? storePlain(to, p, end)
      : flags & FLAG_DATA
        ? storeDataEscape(to, p, end)
        : storeEscaped(to, p, end)
    if (behind > limit) {
      row.cut = true
      return to
    }
    to = behind
    p += step.size
  }
  return to
}

/** Bytes that were read last. */
class step {
  static size: usize = 0
}

function storeEscaped(to: usize, p: usize, end: usize): usize {
  const size = readEscape(p, end)
  step.size = size
  if (escape.code != BAD_CODE) return storeCharacter(to, escape.code)
  row.changed = true
  return storeReplacement(to)
}

/** A backslash in a value of syslog's structured data, with what it escapes: quote, bracket or another; else itself. */
function storeDataEscape(to: usize, p: usize, end: usize): usize {
  const next: u8 = p + 1 < end ? load<u8>(p, 1) : 0
  const isEscape = next == 0x22 || next == 0x5c || next == 0x5d
  store<u8>(to, isEscape ? next : 0x5c)
  step.size = isEscape ? 2 : 1
  return to + 1
}

/** A character that is no escape: one of several bytes, NUL, or (logfmt) a backslash or control character. */
function storePlain(to: usize, p: usize, end: usize): usize {
  const byte = load<u8>(p)
  if (byte != 0 && byte < 0x80) {
    store<u8>(to, byte)
    step.size = 1
    return to + 1
  }
  const size = characterAt(p, end)
  step.size = size < 0 ? -size : size
  return storeRaw(to, p, size)
}

/** What the escape read last stands for: a code point or BAD_CODE. */
class escape {
  static code: u32 = 0
}

/** Reads an escape of JSON's or Go's that is known to be one; gives its size. */
function readEscape(p: usize, end: usize): usize {
  let size = sizeOfEscape(p, end)
  if (size != 0) {
    escape.code = codeOfEscape(p, size)
  } else {
    size = sizeOfGoEscape(p, end)
    escape.code = codeOfGoEscape(p, size)
  }
  return size < 0 ? -size : size
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

/** Any bytes as text, all of them; isClean says that isCleanText holds. */
export function writeRawText(to: usize, p: usize, end: usize, isClean: bool): usize {
  if (isClean) {
    copyBytes(to, p, end - p)
    return to + (end - p)
  }
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
    to = storeQuotedAscii(to, byte)
    p++
  }
  store<u8>(to, 0x22)
  return to + 1
}

/** An ASCII character other than NUL as part of a JSON string. */
function storeQuotedAscii(to: usize, byte: u8): usize {
  if (byte == 0x22 || byte == 0x5c) {
    store<u8>(to, 0x5c)
    store<u8>(to, byte, 1)
    return to + 2
  }
  if (byte >= 0x20) {
    store<u8>(to, byte)
    return to + 1
  }
  // "\u00" and two hex digits
  store<u32>(to, 0x3030755c)
  store<u8>(to, 0x30 + (byte >> 4), 4)
  store<u8>(to, (byte & 15) + ((byte & 15) > 9 ? 0x57 : 0x30), 5)
  return to + 6
}

/** A string with escapes of JSON's and Go's, without its quotes, as a JSON string with quotes. */
export function writeRequoted(to: usize, p: usize, end: usize): usize {
  store<u8>(to++, 0x22)
  while (p < end) {
    const byte = load<u8>(p)
    if (byte == 0x5c) {
      p += readEscape(p, end)
      if (escape.code == BAD_CODE) row.changed = true
      if (escape.code == BAD_CODE) to = storeReplacement(to)
      else if (escape.code < 0x80) to = storeQuotedAscii(to, escape.code as u8)
      else to = storeCharacter(to, escape.code)
    } else if (byte != 0 && byte < 0x80) {
      to = storeQuotedAscii(to, byte)
      p++
    } else {
      to = storePlain(to, p, end)
      p += step.size
    }
  }
  store<u8>(to, 0x22)
  return to + 1
}

/** The same, of a value of syslog's structured data. */
export function writeDataValue(to: usize, p: usize, end: usize): usize {
  store<u8>(to++, 0x22)
  while (p < end) {
    const byte = load<u8>(p)
    if (byte == 0x5c) {
      storeDataEscape(to, p, end)
      to = storeQuotedAscii(to, load<u8>(to))
      p += step.size
    } else if (byte != 0 && byte < 0x80) {
      to = storeQuotedAscii(to, byte)
      p++
    } else {
      to = storePlain(to, p, end)
      p += step.size
    }
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

/** Bytes that writeQuoted makes of a text, or a few more. */
export function sizeOfQuoted(p: usize, end: usize): usize {
  let size: usize = 2
  for (; p < end; ++p) {
    const byte = load<u8>(p)
    if (byte >= 0x80) {
      const length = characterAt(p, end)
      size += length < 0 ? 3 : length
      p += (length < 0 ? -length : length) - 1
    } else if (byte < 0x20) size += 6
    else size += byte == 0x22 || byte == 0x5c ? 2 : 1
  }
  return size
}

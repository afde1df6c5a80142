/**
 * The escapes that Go's strconv.Quote writes and JSON does not know: `\a \v \' \xXX \UXXXXXXXX`. Loggers that quote by
 * %q (logrus, log/slog) put them into logfmt. escape.ts is asked first. Twin: test/reference/logfmt.ts.
 */
import { BAD_CODE, hexDigit } from './escape'

/** So many hex digits at p as a number, or -1 when they are none. */
function hexNumber(p: usize, digits: usize): i64 {
  let value: i64 = 0
  for (let i: usize = 0; i < digits; ++i) {
    const digit = hexDigit(load<u8>(p + i))
    if (digit > 15) return -1
    value = (value << 4) | (digit as i64)
  }
  return value
}

/**
 * Bytes of the escape whose backslash is at p: 2, 4 or 10; minus these for what Postgres refuses (NUL, a byte that is
 * no character by itself, what is no code point); 0 when it is none or is not over before end.
 */
export function sizeOfGoEscape(p: usize, end: usize): i32 {
  if (p + 2 > end) return 0
  const letter = load<u8>(p, 1)
  if (letter == 0x61 || letter == 0x76 || letter == 0x27) return 2
  const digits: usize = letter == 0x78 ? 2 : letter == 0x55 ? 8 : 0
  if (digits == 0 || p + 2 + digits > end) return 0
  const code = hexNumber(p + 2, digits)
  if (code < 0) return 0
  const size: i32 = 2 + (digits as i32)
  return isCode(code, digits) ? size : -size
}

function isCode(code: i64, digits: usize): bool {
  if (code == 0 || (digits == 2 && code > 0x7f)) return false
  return code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
}

/** The code point of an escape of the given size (from sizeOfGoEscape, not 0). */
export function codeOfGoEscape(p: usize, size: i32): u32 {
  if (size < 0) return BAD_CODE
  const letter = load<u8>(p, 1)
  if (letter == 0x61) return 7
  if (letter == 0x76) return 11
  return letter == 0x27 ? 0x27 : (hexNumber(p + 2, (size - 2) as usize) as u32)
}

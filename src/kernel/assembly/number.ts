/**
 * Numbers: JSON's grammar, and which of them jsonb refuses.
 *
 *   number = [ "-" ] ( "0" / digit1-9 *digit ) [ "." 1*digit ] [ ( "e" / "E" ) [ "+" / "-" ] 1*digit ]
 *
 * jsonb keeps numbers as numeric: at most 131072 digits before and 16383 behind the point.
 * Twin: test/reference/json.ts.
 */
import { leadingDigits } from './simd'
import { FLAG_BAD, KIND_NUMBER, scan } from './state'

const MAX_INTEGER_DIGITS: i64 = 131072
const MAX_FRACTION_DIGITS: i64 = 16383
/** No exponent beyond this matters. */
const EXPONENT_CAP: i64 = 1000000

function skipDigits(p: usize, end: usize): usize {
  while (p < end) {
    const digits = leadingDigits(p)
    p += digits
    if (digits < 16) break
  }
  return p < end ? p : end
}

/** The end of the number at p, or 0. scan.flags gets FLAG_BAD (and scan.dirty is set) when jsonb would refuse it. */
export function scanNumber(p: usize, end: usize): usize {
  scan.kind = KIND_NUMBER
  scan.flags = 0
  if (load<u8>(p) == 0x2d) p++
  const start = p
  p = skipDigits(p, end)
  if (p == start || (load<u8>(start) == 0x30 && p - start > 1)) return 0
  const integerDigits = (p - start) as i64
  if (p < end && isDelimiter(load<u8>(p)) && p - start < 16) return p
  let fractionDigits: i64 = 0
  if (p < end && load<u8>(p) == 0x2e) {
    const fraction = p + 1
    p = skipDigits(fraction, end)
    if (p == fraction) return 0
    fractionDigits = (p - fraction) as i64
  }
  let exponent: i64 = 0
  if (p < end && (load<u8>(p) | 0x20) == 0x65) {
    p++
    const sign: u8 = p < end ? load<u8>(p) : 0
    if (sign == 0x2b || sign == 0x2d) p++
    const digits = p
    p = skipDigits(p, end)
    if (p == digits) return 0
    exponent = exponentOf(digits, p)
    if (sign == 0x2d) exponent = -exponent
  }
  if (integerDigits + exponent > MAX_INTEGER_DIGITS || fractionDigits - exponent > MAX_FRACTION_DIGITS) {
    scan.flags = FLAG_BAD
    scan.dirty = true
  }
  return p
}

/** Is all of the text a number without an exponent that jsonb takes as it is? */
export function isPlainNumber(p: usize, end: usize): bool {
  if (load<u8>(p) == 0x2d) p++
  const start = p
  p = skipDigits(p, end)
  if (p == start || (load<u8>(start) == 0x30 && p - start > 1)) return false
  if (((p - start) as i64) > MAX_INTEGER_DIGITS) return false
  if (p == end) return true
  if (load<u8>(p) != 0x2e) return false
  const fraction = p + 1
  p = skipDigits(fraction, end)
  return p == end && p != fraction && ((p - fraction) as i64) <= MAX_FRACTION_DIGITS
}

/** What mostly follows a number: the plain ones end here. */
function isDelimiter(byte: u8): bool {
  return byte == 0x2c || byte == 0x7d || byte == 0x5d
}

function exponentOf(p: usize, end: usize): i64 {
  let value: i64 = 0
  while (p < end && value < EXPONENT_CAP) value = value * 10 + ((load<u8>(p++) as i64) - 0x30)
  return value
}

/**
 * Times of events, to microseconds since 1970. Twin: test/reference/timestamp.ts.
 *
 *   date-time = YYYY "-" MM "-" DD ( "T" / "t" / " " ) hh ":" mm ":" ss [ ( "." / "," ) 1*digit ] [ zone ]
 *   zone      = "Z" / "z" / ( "+" / "-" ) hh [ [ ":" ] mm ]          none counts as UTC; ss may be 60
 *   epoch     = a JSON number: seconds below 1e11, millis below 1e14, micros below 1e17, else nanos
 *
 * and what line-times.ts reads. Finer digits than microseconds are cut. Longer texts than 64 bytes are no times.
 */
import {
  fourDigits,
  NO_TIME,
  parseClock,
  parseMicros,
  parseZone,
  power10,
  startOfDay,
  twoDigits,
} from './calendar'
import { parseAccessTime, parseSyslogTime } from './line-times'
import { scanNumber } from './number'
import { leadingDigits } from './simd'

const MAX_TIME_BYTES: usize = 64
/** Exponents beyond are no times. */
const MAX_EXPONENT: i32 = 400

/** The date read last: records come in runs of one day. */
class day {
  static yearMonth: u64 = 0
  static day: u16 = 0
  static start: i64 = 0
}

/** The time in the text, or NO_TIME. */
export function parseTime(p: usize, end: usize): i64 {
  const length = end - p
  if (length > MAX_TIME_BYTES) return NO_TIME
  if (length >= 19 && load<u8>(p, 4) == 0x2d && load<u8>(p) != 0x2d) return parseDateTime(p, end)
  if (length >= 15 && load<u8>(p) > 0x40) return parseSyslogTime(p, end)
  if (length >= 20 && load<u8>(p, 2) == 0x2f) return parseAccessTime(p, end)
  return parseEpoch(p, end)
}

function parseDateTime(p: usize, end: usize): i64 {
  const yearMonth = load<u64>(p)
  const dayOfMonth = load<u16>(p, 8)
  if (yearMonth != day.yearMonth || dayOfMonth != day.day) {
    const start = parseDate(p)
    if (start == NO_TIME) return NO_TIME
    day.yearMonth = yearMonth
    day.day = dayOfMonth
    day.start = start
  }
  const separator = load<u8>(p, 10)
  if ((separator | 0x20) != 0x74 && separator != 0x20) return NO_TIME
  const seconds = parseClock(load<u64>(p, 11))
  if (seconds < 0) return NO_TIME
  p += 19
  let micros: i64 = 0
  if (p < end && (load<u8>(p) == 0x2e || load<u8>(p) == 0x2c)) {
    p++
    const digits = leadingDigits(p)
    if (digits == 0 || p >= end) return NO_TIME
    micros = parseMicros(p, min(min(digits, end - p), 6))
    p += digits
    while (p < end && (load<u8>(p) as u32) - 0x30 <= 9) p++
    if (p > end) p = end
  }
  const zone = parseZone(p, end)
  if (zone == NO_TIME) return NO_TIME
  return day.start + (seconds as i64) * 1000000 + micros - zone
}

/** Microseconds of the start of the day YYYY-MM-DD at p, or NO_TIME. */
function parseDate(p: usize): i64 {
  if (load<u8>(p, 4) != 0x2d || load<u8>(p, 7) != 0x2d) return NO_TIME
  return startOfDay(fourDigits(p), twoDigits(p + 5), twoDigits(p + 8))
}

/** A decimal number of an unknown unit: 19 digits of it count, the unit follows from the size. */
function parseEpoch(p: usize, end: usize): i64 {
  if (p >= end || scanNumber(p, end) != end) return NO_TIME
  const negative = load<u8>(p) == 0x2d
  if (negative) p++
  let digits: u64 = 0
  let count: i32 = 0
  let exponent: i32 = 0
  let behindPoint: i32 = 0
  while (p < end && (load<u8>(p) | 0x20) != 0x65) {
    const digit = (load<u8>(p++) as u32) - 0x30
    if (digit > 9) {
      behindPoint = 1
    } else if (count < 19) {
      digits = digits * 10 + digit
      if (digits != 0) count++
      exponent -= behindPoint
    } else {
      exponent += 1 - behindPoint
    }
  }
  if (p < end) {
    const written = parseExponent(p + 1, end)
    if (written > MAX_EXPONENT || written < -MAX_EXPONENT) return NO_TIME
    exponent += written
  }
  if (digits == 0) return 0
  const integerDigits = count + exponent
  if (integerDigits > 20) return NO_TIME
  const shift = exponent + (integerDigits <= 11 ? 6 : integerDigits <= 14 ? 3 : integerDigits <= 17 ? 0 : -3)
  const micros = (shift >= 0 ? digits * power10(shift) : shift < -19 ? 0 : digits / power10(-shift)) as i64
  return negative ? -micros : micros
}

/** The exponent written at p, or one beyond MAX_EXPONENT. */
function parseExponent(p: usize, end: usize): i32 {
  const sign = load<u8>(p)
  if (sign == 0x2b || sign == 0x2d) p++
  let value: i32 = 0
  while (p < end && value <= MAX_EXPONENT) value = value * 10 + ((load<u8>(p++) as i32) - 0x30)
  return sign == 0x2d ? -value : value
}

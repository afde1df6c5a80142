/**
 * Times of events, to microseconds since 1970. Twin: test/reference/timestamp.ts.
 *
 *   date-time = YYYY "-" MM "-" DD ( "T" / "t" / " " ) hh ":" mm ":" ss [ ( "." / "," ) 1*digit ] [ zone ]
 *   zone      = "Z" / "z" / ( "+" / "-" ) hh [ [ ":" ] mm ]          none counts as UTC; ss may be 60
 *   epoch     = a JSON number: seconds below 1e11, millis below 1e14, micros below 1e17, else nanos
 *
 * Finer digits than microseconds are cut. Longer texts than 64 bytes are no times.
 */
import { scanNumber } from './number'
import { leadingDigits } from './simd'

/** Not a time. */
export const NO_TIME: i64 = i64.MIN_VALUE
const MAX_TIME_BYTES: usize = 64
const DAY_US: i64 = 86400000000
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

/** Two digits at p, or 100 and more. */
function twoDigits(p: usize): u32 {
  const tens = (load<u8>(p) as u32) - 0x30
  const ones = (load<u8>(p, 1) as u32) - 0x30
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones
}

/** Microseconds of the start of the day YYYY-MM-DD at p, by Howard Hinnant's days_from_civil. */
function parseDate(p: usize): i64 {
  const century = twoDigits(p)
  const rest = twoDigits(p + 2)
  const month = twoDigits(p + 5)
  const dayOfMonth = twoDigits(p + 8)
  if (century > 99 || rest > 99 || load<u8>(p, 4) != 0x2d || load<u8>(p, 7) != 0x2d) return NO_TIME
  const fullYear = century * 100 + rest
  if (month - 1 > 11 || dayOfMonth - 1 >= daysInMonth(fullYear, month)) return NO_TIME
  const year = (fullYear as i32) - (month <= 2 ? 1 : 0)
  const era = (year >= 0 ? year : year - 399) / 400
  const yearOfEra = year - era * 400
  const dayOfYear = (153 * ((month as i32) + (month > 2 ? -3 : 9)) + 2) / 5 + (dayOfMonth as i32) - 1
  const dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
  return ((era * 146097 + dayOfEra - 719468) as i64) * DAY_US
}

function daysInMonth(year: u32, month: u32): u32 {
  if (month == 2) return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
  return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31
}

/** Seconds of the eight bytes "hh:mm:ss", or -1. All bytes are checked at once: digits after the xor are 0 to 9. */
function parseClock(text: u64): i32 {
  const d = text ^ 0x30303a30303a3030
  if ((((d + 0x7676767676767676) | d) & 0x8080808080808080) != 0 || (d & 0x0000ff0000ff0000) != 0) return -1
  const hours = ((d & 15) * 10 + ((d >> 8) & 15)) as i32
  const minutes = (((d >> 24) & 15) * 10 + ((d >> 32) & 15)) as i32
  const seconds = (((d >> 48) & 15) * 10 + ((d >> 56) & 15)) as i32
  return hours > 23 || minutes > 59 || seconds > 60 ? -1 : hours * 3600 + minutes * 60 + seconds
}

/**
 * One to six digits at p as the beginning of a fraction, in millionths. They are moved to the end of eight digits,
 * which become a number by joining neighbours three times (Daniel Lemire, "Quickly parsing eight digits").
 */
function parseMicros(p: usize, digits: usize): i64 {
  let d = (load<u64>(p) ^ 0x3030303030303030) << ((64 - digits * 8) as u64)
  d = (d * 2561) >> 8
  d = ((d & 0x00ff00ff00ff00ff) * 6553601) >> 16
  d = ((d & 0x0000ffff0000ffff) * 42949672960001) >> 32
  return (d * power10(6 - (digits as i32))) as i64
}

/** Microseconds east of UTC; all of the rest of the text must be the zone. */
function parseZone(p: usize, end: usize): i64 {
  const length = end - p
  if (length == 0 || (length == 1 && (load<u8>(p) | 0x20) == 0x7a)) return 0
  const sign = load<u8>(p)
  if ((sign != 0x2b && sign != 0x2d) || (length != 3 && length != 5 && length != 6)) return NO_TIME
  if (length == 6 && load<u8>(p, 3) != 0x3a) return NO_TIME
  const hours = twoDigits(p + 1)
  const minutes: u32 = length == 3 ? 0 : twoDigits(end - 2)
  if (hours > 23 || minutes > 59) return NO_TIME
  const micros = ((hours * 60 + minutes) as i64) * 60000000
  return sign == 0x2d ? -micros : micros
}

function power10(exponent: i32): u64 {
  let value: u64 = 1
  while (exponent-- > 0) value *= 10
  return value
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

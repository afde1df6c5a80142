/**
 * The calendar and the clock: what times in all their notations (timestamp.ts, line-times.ts) are made of.
 * Twin: test/reference/timestamp.ts.
 */

/** Not a time. */
export const NO_TIME: i64 = i64.MIN_VALUE
export const DAY_US: i64 = 86400000000

/** Two digits at p, or 100 and more. */
export function twoDigits(p: usize): u32 {
  const tens = (load<u8>(p) as u32) - 0x30
  const ones = (load<u8>(p, 1) as u32) - 0x30
  return tens > 9 || ones > 9 ? 100 : tens * 10 + ones
}

/** Four digits at p, or more than 9999. */
export function fourDigits(p: usize): u32 {
  const century = twoDigits(p)
  const rest = twoDigits(p + 2)
  return century > 99 || rest > 99 ? 10000 : century * 100 + rest
}

/** Microseconds of the start of a day, by Howard Hinnant's days_from_civil; NO_TIME where there is no such day. */
export function startOfDay(fullYear: u32, month: u32, dayOfMonth: u32): i64 {
  if (fullYear > 9999 || month - 1 > 11 || dayOfMonth - 1 >= daysInMonth(fullYear, month)) return NO_TIME
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
export function parseClock(text: u64): i32 {
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
export function parseMicros(p: usize, digits: usize): i64 {
  let d = (load<u64>(p) ^ 0x3030303030303030) << ((64 - digits * 8) as u64)
  d = (d * 2561) >> 8
  d = ((d & 0x00ff00ff00ff00ff) * 6553601) >> 16
  d = ((d & 0x0000ffff0000ffff) * 42949672960001) >> 32
  return (d * power10(6 - (digits as i32))) as i64
}

/** Microseconds east of UTC; all of the rest of the text must be the zone. */
export function parseZone(p: usize, end: usize): i64 {
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

export function power10(exponent: i32): u64 {
  let value: u64 = 1
  while (exponent-- > 0) value *= 10
  return value
}

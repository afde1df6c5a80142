/**
 * Times of line formats, to microseconds since 1970; timestamp.ts hands them over. Twin: test/reference/timestamp.ts.
 *
 *   access = DD "/" Mmm "/" YYYY ":" hh ":" mm ":" ss [ SP zone ]
 *   syslog = Mmm SP ( DD / SP D ) SP [ YYYY SP ] hh ":" mm ":" ss [ "." 1*16digit ]
 *
 * Mmm is Jan to Dec; no zone counts as UTC. A time without a year is the latest that is at most a day ahead of Kafka's
 * time of the record.
 */
import {
  DAY_US,
  fourDigits,
  NO_TIME,
  parseClock,
  parseMicros,
  parseZone,
  startOfDay,
  twoDigits,
} from './calendar'
import { leadingDigits } from './simd'
import { record } from './state'

const YEAR_US: i64 = 365 * DAY_US
/** The mean year of the Gregorian calendar. */
const MEAN_YEAR_US: i64 = 31556952000000
/** February has 29 days at least so often. */
const LEAP_YEARS: i32 = 8

/** The date of an access log read last. */
class accessDay {
  static dayMonth: u64 = 0
  static year: u32 = 0
  static start: i64 = 0
}

/** A time as access logs write it in [p, end), at least 20 bytes, or NO_TIME. */
export function parseAccessTime(p: usize, end: usize): i64 {
  const dayMonth = load<u64>(p)
  const year = load<u32>(p, 7)
  if (dayMonth != accessDay.dayMonth || year != accessDay.year) {
    if (load<u8>(p, 6) != 0x2f || load<u8>(p, 11) != 0x3a) return NO_TIME
    const start = startOfDay(fourDigits(p + 7), monthOf(p + 3), twoDigits(p))
    if (start == NO_TIME) return NO_TIME
    accessDay.dayMonth = dayMonth
    accessDay.year = year
    accessDay.start = start
  }
  const seconds = parseClock(load<u64>(p, 12))
  if (seconds < 0 || load<u8>(p, 11) != 0x3a) return NO_TIME
  let zone: i64 = 0
  if (end != p + 20) {
    if (load<u8>(p, 20) != 0x20 || end == p + 21) return NO_TIME
    zone = parseZone(p + 21, end)
    if (zone == NO_TIME) return NO_TIME
  }
  return accessDay.start + (seconds as i64) * 1000000 - zone
}

/** The day of a syslog line read last, without its year, and when it began. */
class syslogDay {
  static text: u64 = 0
  static start: i64 = NO_TIME
}

/** A time as syslog writes it in [p, end), at least 15 bytes, or NO_TIME. */
export function parseSyslogTime(p: usize, end: usize): i64 {
  const isYearTold = load<u8>(p, 9) != 0x3a
  const clock = isYearTold ? p + 12 : p + 7
  if (clock + 8 > end || load<u8>(p, 3) != 0x20 || load<u8>(p, 6) != 0x20) return NO_TIME
  const seconds = parseClock(load<u64>(clock))
  if (seconds < 0) return NO_TIME
  const micros = parseFraction(clock + 8, end)
  if (micros == NO_TIME) return NO_TIME
  const time = (seconds as i64) * 1000000 + micros
  if (isYearTold) {
    if (load<u8>(p, 11) != 0x20) return NO_TIME
    const start = startOfDay(fourDigits(p + 7), monthOf(p), dayOf(p + 4))
    return start == NO_TIME ? NO_TIME : start + time
  }
  const text = load<u64>(p) & 0xffffffffffff
  const latest = record.time * 1000 + DAY_US
  const isSame = text == syslogDay.text && syslogDay.start != NO_TIME
  const last = syslogDay.start + time
  if (!isSame || last > latest || last <= latest - YEAR_US) {
    syslogDay.text = text
    syslogDay.start = latestDay(p, latest - time)
  }
  return syslogDay.start == NO_TIME ? NO_TIME : syslogDay.start + time
}

/** The start of the day at p in the latest year in which it is not beyond `latest`. */
function latestDay(p: usize, latest: i64): i64 {
  // May be a year off, about New Year.
  const year: i32 = 1970 + ((latest / MEAN_YEAR_US) as i32)
  for (let candidate = year + 1; candidate >= year - 1 - LEAP_YEARS; --candidate) {
    const start = startOfDay(candidate, monthOf(p), dayOf(p + 4))
    if (start != NO_TIME && start <= latest) return start
  }
  return NO_TIME
}

/** Nothing, or a point and digits up to the end, in microseconds. */
function parseFraction(p: usize, end: usize): i64 {
  if (p == end) return 0
  const digits = min(leadingDigits(p + 1), end - p - 1)
  return load<u8>(p) != 0x2e || digits == 0 || p + 1 + digits != end
    ? NO_TIME
    : parseMicros(p + 1, min(digits, 6))
}

/** 1 to 12 for Jan to Dec at p; else 0. */
export function monthOf(p: usize): u32 {
  switch (load<u32>(p) & 0xffffff) {
    case 0x6e614a:
      return 1
    case 0x626546:
      return 2
    case 0x72614d:
      return 3
    case 0x727041:
      return 4
    case 0x79614d:
      return 5
    case 0x6e754a:
      return 6
    case 0x6c754a:
      return 7
    case 0x677541:
      return 8
    case 0x706553:
      return 9
    case 0x74634f:
      return 10
    case 0x766f4e:
      return 11
    case 0x636544:
      return 12
    default:
      return 0
  }
}

/** A day of the month at p, of two digits or a space and one; 100 and more for what is none. */
function dayOf(p: usize): u32 {
  return load<u8>(p) == 0x20 ? (load<u8>(p, 1) as u32) - 0x30 : twoDigits(p)
}

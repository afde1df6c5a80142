/**
 * Times as log lines write them, for groups of the type `datetime`: epoch seconds to nanoseconds, ISO 8601, the
 * access logs' 10/Oct/2000:13:55:36 -0700, syslog's Oct 10 13:55:36, and RFC 2822. Without a zone: UTC.
 */

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAY_MS = 86_400_000
const iso =
  /^(\d{4})[-/.](\d\d)[-/.](\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?)? ?(Z|UTC|GMT|[+-]\d\d:?\d\d)?$/
const access = /^(\d\d)\/([A-Za-z]{3})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?: ([+-]\d{4}))?$/
const syslog = /^([A-Za-z]{3}) {1,2}(\d{1,2}) (\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/
const mail =
  /^(?:[A-Za-z]{3}, )?(\d{1,2}) ([A-Za-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d)(?: (Z|UTC|GMT|[+-]\d{4}))?$/

/** Milliseconds since 1970, or NaN. `referenceMs` gives the year where the text has none: the latest before a day after it. */
export function parseTime(text: string, referenceMs: number): number {
  const first = text.charCodeAt(0)
  const isDigit = first >= 48 && first <= 57
  if (isDigit && text[2] === '/') {
    const found = access.exec(text)
    return found
      ? timeOf(found[3]!, monthOf(found[2]!), found[1]!, found[4], found[5], found[6], '', found[7])
      : Number.NaN
  }
  if (isDigit) return fromNumber(text) ?? fromIso(text) ?? fromMail(text) ?? Number.NaN
  return fromSyslog(text, referenceMs) ?? fromMail(text) ?? Number.NaN
}

function fromNumber(text: string): number | null {
  if (!/^\d{9,19}(\.\d+)?$/.test(text)) return null
  const value = Number(text)
  if (value < 1e11) return Math.round(value * 1000)
  if (value < 1e14) return Math.floor(value)
  return Math.floor(value < 1e17 ? value / 1e3 : value / 1e6)
}

function fromIso(text: string): number | null {
  const found = iso.exec(text)
  if (!found) return null
  const [, year, month, day, hour, minute, second, fraction, zone] = found
  return timeOf(year!, Number(month) - 1, day!, hour, minute, second, fraction, zone)
}

function fromMail(text: string): number | null {
  const found = mail.exec(text)
  if (!found) return null
  const [, day, month, year, hour, minute, second, zone] = found
  return timeOf(year!, monthOf(month!), day!, hour, minute, second, '', zone)
}

function fromSyslog(text: string, referenceMs: number): number | null {
  const found = syslog.exec(text)
  if (!found) return null
  const [, month, day, hour, minute, second, fraction] = found
  const year = new Date(referenceMs).getUTCFullYear()
  // Beginning with next year: on New Year's Eve a clock may be a little ahead.
  for (let candidate = year + 1; candidate > year - 5; candidate--) {
    const ms = timeOf(String(candidate), monthOf(month!), day!, hour, minute, second, fraction, 'Z')
    if (ms <= referenceMs + DAY_MS) return ms
  }
  return Number.NaN
}

const monthOf = (name: string): number => months.indexOf(name.toLowerCase())

/** NaN where a part is out of its range, such as 31 February. */
function timeOf(
  year: string,
  month: number,
  day: string,
  hour = '0',
  minute = '0',
  second = '0',
  fraction = '',
  zone = 'Z',
): number {
  const [days, hours, minutes, seconds] = [Number(day), Number(hour), Number(minute), Number(second)]
  if (month < 0 || month > 11 || hours > 24 || minutes > 59 || seconds > 60) return Number.NaN
  const midnight = Date.UTC(Number(year), month, days)
  if (new Date(midnight).getUTCDate() !== days) return Number.NaN
  const ms = fraction === '' ? 0 : Math.floor(Number(`0.${fraction}`) * 1000 + 1e-6)
  return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + ms - zoneMs(zone)
}

function zoneMs(zone: string): number {
  const sign = zone[0]
  if (sign !== '+' && sign !== '-') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(-2))
  return (sign === '-' ? -minutes : minutes) * 60_000
}

/**
 * Times of events in microseconds since 1970, plainly: twin of src/kernel/assembly/timestamp.ts and line-times.ts.
 */
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?$/
const EPOCH = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const ACCESS =
  /^(\d\d)\/([A-Z][a-z]{2})\/(\d{4}):(\d\d):(\d\d):(\d\d)(?: (?:[Zz]|([+-])(\d\d)(?::?(\d\d))?))?$/
const SYSLOG = /^([A-Z][a-z]{2}) ( \d|\d\d) (?:(\d{4}) )?(\d\d):(\d\d):(\d\d)(?:\.(\d{1,16}))?$/
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const MAX_BYTES = 64
const DAY = 86_400_000_000n
const SIGNIFICANT_DIGITS = 19

/** The time in the text, or null; `kafkaTime` (in microseconds too) gives the year where the text has none. */
export function parseTime(text: string, kafkaTime: bigint): bigint | null {
  if (Buffer.byteLength(text) > MAX_BYTES) return null
  return parseDateTime(text) ?? parseAccess(text) ?? parseSyslog(text, kafkaTime) ?? parseEpoch(text)
}

type Zone = readonly [sign: string | undefined, hours: string | undefined, minutes: string | undefined]

function parseDateTime(text: string): bigint | null {
  const match = DATE_TIME.exec(text)
  if (!match) return null
  const [year, month, ...rest] = match.slice(1, 7).map(Number)
  return timeOf(year!, month!, rest, match[7], [match[8], match[9], match[10]])
}

function parseAccess(text: string): bigint | null {
  const match = ACCESS.exec(text)
  if (!match) return null
  const [, day, month, year, ...clock] = match
  const rest = [day, ...clock.slice(0, 3)].map(Number)
  return timeOf(Number(year), MONTHS.indexOf(month!) + 1, rest, '', [clock[3], clock[4], clock[5]])
}

function parseSyslog(text: string, kafkaTime: bigint): bigint | null {
  const match = SYSLOG.exec(text)
  if (!match) return null
  const [, month, day, year, ...clock] = match
  const timeIn = (candidate: number): bigint | null => {
    const rest = [day, ...clock.slice(0, 3)].map(Number)
    return timeOf(candidate, MONTHS.indexOf(month!) + 1, rest, clock[3], [undefined, undefined, undefined])
  }
  if (year !== undefined) return timeIn(Number(year))
  const kafkaYear = new Date(Number(kafkaTime / 1000n)).getUTCFullYear()
  for (let candidate = kafkaYear + 1; candidate >= kafkaYear - 8; candidate--) {
    const time = timeIn(candidate)
    if (time !== null && time <= kafkaTime + DAY) return time
  }
  return null
}

/** `rest`: day, hour, minute, second. Null where there is no such time. */
function timeOf(
  year: number,
  month: number,
  rest: readonly number[],
  fraction: string | undefined,
  [sign, zoneHours = '0', zoneMinutes = '0']: Zone,
): bigint | null {
  const [day, hour, minute, second] = rest as [number, number, number, number]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isDate =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!isDate || hour > 23 || minute > 59 || second > 60) return null
  if (Number(zoneHours) > 23 || Number(zoneMinutes) > 59) return null
  const micros = BigInt((fraction ?? '').slice(0, 6).padEnd(6, '0'))
  const zone = (Number(zoneHours) * 60 + Number(zoneMinutes)) * (sign === '-' ? -60 : 60)
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - zone
  return BigInt(seconds) * 1_000_000n + micros
}

/** Seconds, millis, micros or nanos, by size; 19 significant digits count. */
function parseEpoch(text: string): bigint | null {
  const match = EPOCH.exec(text)
  if (!match) return null
  const [, sign, integer = '', fraction = '', written = '0'] = match
  if (Math.abs(Number(written)) > 400) return null
  const all = (integer + fraction).replace(/^0+/, '')
  if (all === '') return 0n
  const digits = all.slice(0, SIGNIFICANT_DIGITS)
  const exponent = Number(written) - fraction.length + (all.length - digits.length)
  const integerDigits = digits.length + exponent
  if (integerDigits > 20) return null
  const unit = integerDigits <= 11 ? 6 : integerDigits <= 14 ? 3 : integerDigits <= 17 ? 0 : -3
  const shift = exponent + unit
  const micros = shift >= 0 ? BigInt(digits) * 10n ** BigInt(shift) : BigInt(digits) / 10n ** BigInt(-shift)
  return sign === '-' ? -micros : micros
}

/**
 * Times of events in microseconds since 1970, plainly: twin of src/kernel/assembly/timestamp.ts.
 */
const DATE_TIME =
  /^(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d)(?::?(\d\d))?)?$/
const EPOCH = /^(-?)(0|[1-9]\d*)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/
const MAX_BYTES = 64
const SIGNIFICANT_DIGITS = 19

/** The time in the text, or null. */
export function parseTime(text: string): bigint | null {
  if (Buffer.byteLength(text) > MAX_BYTES) return null
  return parseDateTime(text) ?? parseEpoch(text)
}

function parseDateTime(text: string): bigint | null {
  const match = DATE_TIME.exec(text)
  if (!match) return null
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const isDate =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
  if (!isDate || hour > 23 || minute > 59 || second > 60) return null
  const micros = BigInt((match[7] ?? '').slice(0, 6).padEnd(6, '0'))
  const zoneHours = Number(match[9] ?? 0)
  const zoneMinutes = Number(match[10] ?? 0)
  if (zoneHours > 23 || zoneMinutes > 59) return null
  const zone = (zoneHours * 60 + zoneMinutes) * (match[8] === '-' ? -60 : 60)
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

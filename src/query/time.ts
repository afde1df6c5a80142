/** Microseconds since 1970, as Postgres has them and a Date has not; they fit a number until the year 2255. */

export const MINUTE_US = 60_000_000
const US_PER_MS = 1000

/** ISO 8601 in UTC with six digits, which Postgres reads back as it was. */
export function isoOf(us: number): string {
  const ms = Math.floor(us / US_PER_MS)
  const rest = String(us - ms * US_PER_MS).padStart(3, '0')
  return `${new Date(ms).toISOString().slice(0, -1)}${rest}Z`
}

export const dateOf = (us: number): Date => new Date(Math.floor(us / US_PER_MS))
export const floorMinute = (us: number): number => Math.floor(us / MINUTE_US) * MINUTE_US
export const ceilMinute = (us: number): number => Math.ceil(us / MINUTE_US) * MINUTE_US

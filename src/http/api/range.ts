/** The time that a request asks for: from and to, or since. */
import { PipelineError } from '../../errors.ts'
import type { Range } from '../../query/contract.ts'

export interface TimeQuery {
  readonly from?: string
  readonly to?: string
  readonly since?: string
}

const US_PER_MS = 1000
const SECOND_MS = 1000
const HOUR_MS = 3_600_000
const unitMs: Readonly<Record<string, number>> = {
  s: SECOND_MS,
  m: 60 * SECOND_MS,
  h: HOUR_MS,
  d: 24 * HOUR_MS,
  w: 7 * 24 * HOUR_MS,
}
/** A record's own time may be so much ahead of ours. */
const AHEAD_MS = HOUR_MS
const MOST_MS = Date.UTC(2200, 0)

const iso = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,6})\d*)?)?(Z|[+-]\d\d:?\d\d)?$/

/** ISO 8601, UTC where no zone is named, or s or ms since 1970, by their digits; null for anything else. In µs. */
function timeOf(text: string): number | null {
  if (/^\d{13}$/.test(text)) return Number(text) * US_PER_MS
  if (/^\d{10}$/.test(text)) return Number(text) * SECOND_MS * US_PER_MS
  // A plus in a URL is a blank to those who decode it.
  const [, day, time = '00:00', fraction = '', zone = 'Z'] =
    iso.exec(text.replace(/ (\d\d:?\d\d)$/, '+$1')) ?? []
  const ms = day === undefined ? Number.NaN : Date.parse(`${day}T${time}${zone}`)
  if (Number.isNaN(ms) || ms < 0 || ms > MOST_MS) return null
  return ms * US_PER_MS + Number(fraction.padEnd(6, '0'))
}

function required(name: string, text: string): number {
  const us = timeOf(text)
  if (us !== null) return us
  const problem = `${name} is no time: write 2026-01-31T12:00:00Z, or (milli)seconds since 1970`
  throw new PipelineError('HTTP_REQUEST_INVALID', { problem })
}

function sinceUs(text: string, nowMs: number): number {
  const [, amount, unit] = /^(\d{1,6})([smhdw])$/.exec(text) ?? []
  if (unit !== undefined) return Math.max(0, nowMs - Number(amount) * unitMs[unit]!) * US_PER_MS
  const us = timeOf(text)
  if (us !== null) return us
  const problem = 'since is no time: write 90s, 15m, 2h, 7d, 4w or a time such as 2026-01-31T12:00:00Z'
  throw new PipelineError('HTTP_REQUEST_INVALID', { problem })
}

/** Whole seconds, so that those who ask in the same second ask the same. */
const secondAfter = (ms: number): number => Math.ceil(ms / SECOND_MS) * SECOND_MS

/**
 * Without `to`: up to now and what is ahead of it. @param fallback where neither from nor since is told: such as 1h,
 * or all; null: one of them must be
 * @throws PipelineError HTTP_REQUEST_INVALID
 */
export function rangeOf(
  { from, to, since }: TimeQuery,
  fallback: string | null,
  nowMs: number = Date.now(),
): Range {
  const invalid = (problem: string): PipelineError => new PipelineError('HTTP_REQUEST_INVALID', { problem })
  if (from !== undefined && since !== undefined) throw invalid('give from or since, not both')
  const roundMs = secondAfter(nowMs)
  const start = since ?? fallback
  if (from === undefined && start === null) throw invalid('say from when: give from or since')
  const toUs = to === undefined ? (roundMs + AHEAD_MS) * US_PER_MS : required('to', to)
  const fromUs = from !== undefined ? required('from', from) : start === 'all' ? 0 : sinceUs(start!, roundMs)
  if (fromUs >= toUs) throw invalid('from must be before to')
  return { fromUs, toUs, isRolling: from === undefined && to === undefined }
}

/** The same, but up to now: for what is counted by interval, where the future would be an empty part of it. */
export function rangeToNow(query: TimeQuery, fallback: string, nowMs: number = Date.now()): Range {
  const to = query.to ?? String(secondAfter(nowMs))
  const isRolling = query.from === undefined && query.to === undefined
  return { ...rangeOf({ ...query, to }, fallback, nowMs), isRolling }
}

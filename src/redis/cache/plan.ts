/**
 * How long an answer may be kept, from its question alone: what reaches into the present is a matter of age, what is
 * over is good until rows of its time arrive (versions.ts). Neighbour: cache.ts.
 */
import type { Question } from '../../query/cached.ts'
import { hashOf } from './keys.ts'
import { keysToRead } from './versions.ts'

export interface Plan {
  /** Name and parameters, the same however they were written. */
  readonly address: string
  /** Tokens that the answer depends on; null: it only ages. */
  readonly tokens: readonly string[] | null
  readonly ttlMs: number
}

/** Ages of an answer that reaches into the present: a share of its range, so that nobody sees the difference. */
const LEAST_AGE_MS = 1_000
const MOST_AGE_MS = 4_800
const AGES_IN_RANGE = 800
/** A list of records is read line by line: there a second is seen. */
const impatient = new Set(['search', 'record'])
/** An answer about what is over. Shorter than a token lives. */
const MOST_KEPT_MS = 2 * 3_600_000
/** What was over only just is likely to get more rows yet: it is kept ten times as long as it has been over. */
const KEPT_PER_QUIET = 10

/** @param identity of what answers: others under the same keys must not meet its answers */
export function planOf(question: Question, nowMs: number, identity: string): Plan {
  const { name, params, from, to } = question
  const [fromMs, toMs] = [from.getTime(), to.getTime()]
  const ageMs = impatient.has(name)
    ? LEAST_AGE_MS
    : Math.min(MOST_AGE_MS, Math.max(LEAST_AGE_MS, Math.round((toMs - fromMs) / AGES_IN_RANGE)))
  const quietMs = nowMs - toMs
  const tokens = quietMs > 0 ? keysToRead(fromMs, toMs) : null
  // A range that moves with the clock is the same question a moment later.
  const time = question.isRolling ? [toMs - fromMs] : [fromMs, toMs]
  return {
    address: hashOf(JSON.stringify([identity, name, sorted(params), ...time])),
    tokens: question.isRolling ? null : tokens,
    ttlMs:
      tokens === null || question.isRolling
        ? ageMs
        : Math.min(MOST_KEPT_MS, Math.max(ageMs, quietMs * KEPT_PER_QUIET)),
  }
}

/** The same value with the names of every object in order, and nothing undefined. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return Object.fromEntries(
    entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, each]) => [name, sorted(each)]),
  )
}

/**
 * Can a text make a pattern take very long? Asked of recheck when the configuration is loaded, within a budget of
 * time. Neighbour: check.ts, which makes errors and warnings of the answers.
 * Source: https://makenowjust-labs.github.io/recheck/ (its JavaScript build; the others start programs).
 */
import { createRequire } from 'node:module'
import type { Diagnostics } from 'recheck'
import type { Pattern } from '../../parse/steps/pattern.ts'

export type Verdict =
  | { readonly status: 'safe' | 'unknown' }
  /** How an attack looks, for people. */
  | { readonly status: 'vulnerable'; readonly complexity: string; readonly attack: string }

type Vulnerable = Extract<Diagnostics, { status: 'vulnerable' }>

/** For the longest text that is matched at all; what is faster does no harm. */
const HARMLESS_MS = 100
const MEASURED_MS = 5
const FIRST_CHARS = 64
const require = createRequire(import.meta.url)
const verdicts = new Map<string, Verdict>()

/** `budgetMs` is for one pattern; `maxChars` for the texts that it will see. The same question is answered at once. */
export function judgePattern(pattern: Pattern, maxChars: number, budgetMs: number): Verdict {
  if (pattern.engine === 're2') return { status: 'safe' }
  const key = `${pattern.flags} ${maxChars} ${pattern.source}`
  const known = verdicts.get(key)
  if (known) return known
  const verdict = ask(pattern, maxChars, budgetMs)
  verdicts.set(key, verdict)
  return verdict
}

function ask(pattern: Pattern, maxChars: number, budgetMs: number): Verdict {
  // Loaded only where there is a pattern: it takes a tenth of a second.
  const { checkSync } = require('recheck') as typeof import('recheck')
  process.env.RECHECK_SYNC_BACKEND = 'pure'
  const found = checkSync(pattern.source, pattern.flags, { timeout: budgetMs })
  if (found.status !== 'vulnerable') return { status: found.status }
  if (found.complexity.type === 'polynomial' && isHarmless(pattern, found, maxChars))
    return { status: 'safe' }
  return { status: 'vulnerable', complexity: found.complexity.type, attack: found.attack.pattern }
}

/**
 * Polynomial time may still be short for the texts that are let through. Measured with the attack on texts that
 * double in length until it can be felt, and reckoned up from there.
 */
function isHarmless(pattern: Pattern, { attack }: Vulnerable, maxChars: number): boolean {
  let before = 0
  for (let chars = FIRST_CHARS; ; chars *= 2) {
    const length = Math.min(chars, maxChars)
    const ms = timeOf(pattern, attackOf(attack, length))
    if (length === maxChars) return ms <= HARMLESS_MS
    if (ms > MEASURED_MS) {
      const degree = before > 0 ? Math.max(1, Math.log2(ms / before)) : 4
      return ms * (maxChars / length) ** degree <= HARMLESS_MS
    }
    before = ms
  }
}

function attackOf({ pumps, suffix }: Vulnerable['attack'], chars: number): string {
  const fixed = pumps.reduce((sum, { prefix }) => sum + prefix.length, suffix.length)
  const pumped = pumps.reduce((sum, { pump }) => sum + pump.length, 0)
  const times = Math.max(1, Math.floor((chars - fixed) / Math.max(1, pumped)))
  return pumps.map(({ prefix, pump }) => prefix + pump.repeat(times)).join('') + suffix
}

/** The best of two, for the first also compiles. */
function timeOf(pattern: Pattern, text: string): number {
  const once = (): number => {
    const startedAt = performance.now()
    pattern.match(text)
    return performance.now() - startedAt
  }
  return Math.min(once(), once())
}

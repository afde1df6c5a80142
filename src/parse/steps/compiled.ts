/**
 * A step as it runs: with its counts, and with the patterns that were written by the user. Neighbours: step.ts is all
 * that a record needs, index.ts makes these.
 */
import type { Pattern } from './pattern.ts'
import type { Step } from './step.ts'

/** Records since the start of the thread; the worker reads the differences. */
export interface StepCounts {
  /** Patterns that did not match, of regex and grok. */
  unmatched: number
  /** Texts that are longer than the limit and were therefore not matched. */
  overlong: number
}

export interface CompiledStep extends Step {
  readonly counts: Readonly<StepCounts>
  /** What src/config/steps/safety.ts has to look at. */
  readonly patterns: readonly Pattern[]
}

/** What steps need besides their own configuration; travels to the workers as it is. */
export interface StepContext {
  /** Characters; a longer text is not matched by patterns. */
  readonly maxMatchChars: number
  /** Of the keyed hashes of `redact`; empty: there is none. */
  readonly redactKey: string
  /** Files of `geoip` by their path, as configured. */
  readonly databases: ReadonlyMap<string, SharedArrayBuffer>
}

/** Counts of a step that counts nothing. */
export const noCounts: Readonly<StepCounts> = Object.freeze({ unmatched: 0, overlong: 0 })

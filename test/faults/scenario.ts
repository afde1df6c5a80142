/**
 * A fault as a program: which rows of the matrix it is, what is done, and what must come of it. `npm run faults` runs
 * them, and `npm test` those that a .test.ts names (as-tests.ts). Files: scenarios/NN-name.ts, NN its first row.
 */
import type { Context } from './context.ts'

export type Body = (context: Context) => Promise<void>

export interface Case {
  readonly title: string
  readonly run: Body
}

export interface ScenarioFacts {
  /** Rows of matrix.ts. */
  readonly rows: readonly number[]
  /** Words and dashes, unique. */
  readonly name: string
  /** One sentence. */
  readonly what: string
  /** Of each case. */
  readonly timeoutMs: number
}

export class Scenario {
  readonly facts: ScenarioFacts
  readonly cases: Case[] = []

  constructor(facts: ScenarioFacts) {
    this.facts = facts
  }

  /** Adds a case: it passes, throws, or skips by `context.skip`. */
  case(title: string, run: Body): void {
    this.cases.push({ title, run })
  }
}

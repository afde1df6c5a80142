/** What came of a mutant, and the verdict on it. Neighbours: run.ts makes them, table.ts and docs/faults.md show them. */
import type { ScenarioResult } from '../result.ts'
import type { Mutant } from './mutant.ts'

/** survived: the scenario passed. invalid: it says nothing of the mutant, such as one that does not compile. */
export type MutantVerdict = 'caught' | 'survived' | 'invalid'

export interface MutantResult {
  readonly mutant: string
  readonly scenario: string
  readonly seed: number
  /** The first line of what the scenario said, or why it says nothing. */
  readonly by: string
  readonly durationMs: number
  readonly verdict: MutantVerdict
}

/** test/faults/mutants.json. */
export interface RecordedMutants {
  /** Of the last mutant that was recorded. */
  readonly at: string
  readonly node: string
  readonly results: readonly MutantResult[]
}

const MOST_CHARACTERS = 200

const firstLine = (text: string): string => {
  const [line = ''] = text.split('\n')
  return line.length > MOST_CHARACTERS ? `${line.slice(0, MOST_CHARACTERS)} …` : line
}

/** The line that the mutant's pattern is about, else the first. */
const telling = (why: string, { caughtBy }: Mutant): string =>
  firstLine(why.split('\n').find(line => caughtBy.test(line)) ?? why)

/** @param result of the scenario that was run on the broken tree */
export function judged(mutant: Mutant, result: ScenarioResult): Pick<MutantResult, 'by' | 'verdict'> {
  const { verdict, why } = result
  if (verdict === 'passed') return { verdict: 'survived', by: 'the scenario passed' }
  if (verdict === 'skipped') return { verdict: 'invalid', by: firstLine(`the scenario was skipped: ${why}`) }
  if (mutant.caughtBy.test(why)) return { verdict: 'caught', by: telling(why, mutant) }
  return { verdict: 'invalid', by: firstLine(`failed for another reason than ${mutant.caughtBy}: ${why}`) }
}

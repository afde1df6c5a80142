/** What a scenario came to: the lines that its process hands to the driver, and what the table says of them. */

export type Verdict = 'passed' | 'failed' | 'skipped'

/** Null: nothing was judged against the oracle, or no recovery was seen. */
export interface CaseResult {
  readonly title: string
  readonly seed: number
  readonly records: number
  readonly faults: number
  readonly lost: number | null
  readonly duplicated: number | null
  readonly phantom: number | null
  readonly reordered: number | null
  readonly gaps: number | null
  readonly recoveryMs: number | null
  readonly verdict: Verdict
  /** Of a case that failed or was skipped; else empty. */
  readonly why: string
}

/** test/faults/results.json. */
export interface RecordedRun {
  /** Of the last scenario that was recorded. */
  readonly at: string
  readonly node: string
  readonly results: readonly ScenarioResult[]
}

/** A scenario's cases as one line. */
export interface ScenarioResult extends Omit<CaseResult, 'title'> {
  readonly scenario: string
  readonly rows: readonly number[]
  readonly durationMs: number
  readonly cases: readonly CaseResult[]
}

const addUp = (values: readonly (number | null)[]): number | null => {
  const known = values.filter(value => value !== null)
  return known.length === 0 ? null : known.reduce((sum, value) => sum + value, 0)
}

const greatest = (values: readonly (number | null)[]): number | null => {
  const known = values.filter(value => value !== null)
  return known.length === 0 ? null : Math.max(...known)
}

export interface RunFacts {
  readonly scenario: string
  readonly rows: readonly number[]
  readonly seed: number
  readonly durationMs: number
  /** What went wrong outside of the cases; empty: nothing. */
  readonly problem: string
}

/** Passed: every case ran and none failed. Skipped: every case was. */
export function summed(facts: RunFacts, cases: readonly CaseResult[]): ScenarioResult {
  const { problem, ...rest } = facts
  const of = <Key extends keyof CaseResult>(key: Key): CaseResult[Key][] => cases.map(each => each[key])
  const isFailed = problem !== '' || cases.length === 0 || of('verdict').includes('failed')
  const isSkipped = of('verdict').every(verdict => verdict === 'skipped')
  return {
    ...rest,
    records: addUp(of('records')) ?? 0,
    faults: addUp(of('faults')) ?? 0,
    lost: addUp(of('lost')),
    duplicated: addUp(of('duplicated')),
    phantom: addUp(of('phantom')),
    reordered: addUp(of('reordered')),
    gaps: addUp(of('gaps')),
    recoveryMs: greatest(of('recoveryMs')),
    verdict: isFailed ? 'failed' : isSkipped ? 'skipped' : 'passed',
    why: [...of('why').filter(why => why !== ''), ...(problem ? [problem] : [])].join('; '),
    cases,
  }
}

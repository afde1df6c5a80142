/**
 * A scenario as a suite, each case a test: for npm test, and for the driver, which reads the results from the file that
 * LOGCOLLECTOR_FAULTS_RESULTS names, one JSON line for each case.
 */
import { appendFileSync } from 'node:fs'
import { messageOf } from '../../src/errors.ts'
import { suite } from '../support/suite.ts'
import { Context, Skipped } from './context.ts'
import { showingLogs } from './instance.ts'
import type { CaseResult } from './result.ts'
import type { Case, Scenario } from './scenario.ts'

export const resultsVariable = 'LOGCOLLECTOR_FAULTS_RESULTS'
/** Title of the one case to run; all of them unless it is set. */
export const caseVariable = 'LOGCOLLECTOR_FAULTS_CASE'

/** A case that is skipped says why and passes, since npm test has no word for it; its result says "skipped". */
export function asTests({ facts, cases }: Scenario): void {
  const test = suite(facts.name, { timeoutMs: facts.timeoutMs })
  const only = process.env[caseVariable]
  const chosen = cases.filter(({ title }) => only === undefined || title === only)
  for (const each of chosen) test(each.title, () => runCase(each))
  test.run()
}

async function runCase({ title, run }: Case): Promise<void> {
  const context = new Context()
  const report = async (verdict: CaseResult['verdict'], why: string): Promise<void> => {
    const file = process.env[resultsVariable]
    const result: CaseResult = { title, ...(await context.close()), verdict, why }
    if (file !== undefined) appendFileSync(file, `${JSON.stringify(result)}\n`)
  }
  try {
    await showingLogs(() => run(context))()
  } catch (error) {
    if (!(error instanceof Skipped)) {
      await report('failed', messageOf(error))
      throw error
    }
    console.log(`skipped: ${error.message}`)
    await report('skipped', error.message)
    return
  }
  await report('passed', '')
}

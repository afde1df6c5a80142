/** The process of one scenario: the compiled file that LOGCOLLECTOR_FAULTS_SCENARIO names, as a suite. Started by run.ts. */
import { pathToFileURL } from 'node:url'
import { asTests } from './as-tests.ts'
import type { Scenario } from './scenario.ts'

export const scenarioVariable = 'LOGCOLLECTOR_FAULTS_SCENARIO'

const file = process.env[scenarioVariable]
if (file !== undefined) {
  const { scenario } = (await import(pathToFileURL(file).href)) as { scenario: Scenario }
  asTests(scenario)
}

/** Part of every run of the tests: scenarios/23-stalled-line.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/23-stalled-line.ts'

asTests(scenario)

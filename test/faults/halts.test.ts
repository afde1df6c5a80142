/** Part of every run of the tests: scenarios/14-halts.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/14-halts.ts'

asTests(scenario)

/** Part of every run of the tests: scenarios/01-kill-process.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/01-kill-process.ts'

asTests(scenario)

/** Part of every run of the tests: scenarios/20-terminate-backends.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/20-terminate-backends.ts'

asTests(scenario)

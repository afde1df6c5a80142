/** Part of every run of the tests: scenarios/30-retention.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/30-retention.ts'

asTests(scenario)

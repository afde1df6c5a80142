/** Part of every run of the tests: scenarios/22-slow-postgres.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/22-slow-postgres.ts'

asTests(scenario)

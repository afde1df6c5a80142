/** Part of every run of the tests: scenarios/19-kill-postgres.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/19-kill-postgres.ts'

asTests(scenario)

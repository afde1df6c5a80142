/** Part of every run of the tests: scenarios/19-postgres-versions.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/19-postgres-versions.ts'

asTests(scenario)

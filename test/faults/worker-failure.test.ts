/** Part of every run of the tests: scenarios/05-worker-failure.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/05-worker-failure.ts'

asTests(scenario)

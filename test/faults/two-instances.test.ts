/** Part of every run of the tests: scenarios/07-two-instances.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/07-two-instances.ts'

asTests(scenario)

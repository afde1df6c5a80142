/** Part of every run of the tests: scenarios/18-bounds.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/18-bounds.ts'

asTests(scenario)

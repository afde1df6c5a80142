/** Part of every run of the tests: scenarios/23-stall.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/23-stall.ts'

asTests(scenario)

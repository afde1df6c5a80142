/** Part of every run of the tests: scenarios/28-poison.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/28-poison.ts'

asTests(scenario)

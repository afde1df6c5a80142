/** Part of every run of the tests: scenarios/13-gaps.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/13-gaps.ts'

asTests(scenario)

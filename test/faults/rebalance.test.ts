/** Part of every run of the tests: scenarios/07-rebalance.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/07-rebalance.ts'

asTests(scenario)

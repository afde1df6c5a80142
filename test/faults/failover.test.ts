/** Part of every run of the tests: scenarios/25-failover.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/25-failover.ts'

asTests(scenario)

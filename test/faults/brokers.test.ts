/** Part of every run of the tests: scenarios/08-brokers.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/08-brokers.ts'

asTests(scenario)

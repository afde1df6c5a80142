/** Part of every run of the tests: scenarios/17-transactions.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/17-transactions.ts'

asTests(scenario)

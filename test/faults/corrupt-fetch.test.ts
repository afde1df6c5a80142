/** Part of every run of the tests: scenarios/12-corrupt-fetch.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/12-corrupt-fetch.ts'

asTests(scenario)

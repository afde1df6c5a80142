/** Part of every run of the tests: scenarios/02-stop.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/02-stop.ts'

asTests(scenario)

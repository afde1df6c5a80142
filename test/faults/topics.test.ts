/** Part of every run of the tests: scenarios/16-topics.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/16-topics.ts'

asTests(scenario)

/** Part of every run of the tests: scenarios/04-stopped-in-copy.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/04-stopped-in-copy.ts'

asTests(scenario)

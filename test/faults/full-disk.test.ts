/** Part of every run of the tests: scenarios/24-full-disk.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/24-full-disk.ts'

asTests(scenario)

/** Part of every run of the tests: scenarios/21-commit-lost.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/21-commit-lost.ts'

asTests(scenario)

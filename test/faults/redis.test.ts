/** Part of every run of the tests: scenarios/27-redis.ts. */
import { asTests } from './as-tests.ts'
import { scenario } from './scenarios/27-redis.ts'

asTests(scenario)

/** The table of errors, put together of its areas (src/errors.ts): no code is in two of them. */
import * as assert from 'uvu/assert'
import { engineErrors } from '../src/errors/engine.ts'
import { httpErrors } from '../src/errors/http.ts'
import { intakeErrors } from '../src/errors/intake.ts'
import { kafkaErrors } from '../src/errors/kafka.ts'
import { postgresErrors } from '../src/errors/postgres.ts'
import { errorKinds } from '../src/errors.ts'
import { suite } from './support/suite.ts'

const test = suite('errors')

test('each code is in one area', () => {
  const areas = [engineErrors, kafkaErrors, postgresErrors, httpErrors, intakeErrors]
  assert.is(
    Object.keys(errorKinds).length,
    areas.reduce((sum, area) => sum + Object.keys(area).length, 0),
  )
})

test.run()

/** until(): the value, the deadline, and what its error tells. */
import * as assert from 'uvu/assert'
import { suite } from './suite.ts'
import { until } from './wait.ts'

const test = suite('wait.ts')
const failureOf = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => assert.unreachable('resolved'),
    error => error as Error,
  ) as Promise<Error>

test('resolves with the first truthy value', async () => {
  let looks = 0
  const value = await until(() => (++looks === 3 ? 'here' : null), {
    deadlineMs: 2000,
    everyMs: 1,
    what: 'it',
  })
  assert.is(value, 'here')
  assert.is(looks, 3)
})

test('a condition that throws counts as not yet', async () => {
  let looks = 0
  const look = async () => {
    if (++looks < 3) throw new Error('down')
    return true
  }
  assert.is(await until(look, { deadlineMs: 2000, everyMs: 1, what: 'the server' }), true)
})

test('the error names what, the time and the last value or error', async () => {
  const late = await failureOf(until(() => 0, { deadlineMs: 20, everyMs: 5, what: 'rows' }))
  assert.is(late.message, 'rows: not within 20 ms (last value 0)')
  const down = () => Promise.reject(new Error('no server'))
  const error = await failureOf(until(down, { deadlineMs: 20, everyMs: 5, what: 'rows' }))
  assert.match(error.message, 'no server')
  assert.is((error.cause as Error).message, 'no server')
})

test.run()

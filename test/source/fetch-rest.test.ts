/** Fetches of a trickle rest, those of a backlog do not. */
import * as assert from 'uvu/assert'
import { restMs } from '../../src/source/fetch-rest.ts'
import { suite } from '../support/suite.ts'

const test = suite('source: fetch rest')

test('the less a Fetch brought, the less the next one has to wait for; from a backlog there is no rest', () => {
  assert.equal([0, 100, 128 * 1024 - 1].map(restMs), [10, 10, 10])
  assert.equal([128 * 1024, 2 * 1024 * 1024 - 1].map(restMs), [25, 25])
  assert.equal([2 * 1024 * 1024, 8 * 1024 * 1024].map(restMs), [0, 0])
})

test.run()

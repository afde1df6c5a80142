import * as assert from 'uvu/assert'
import { presentTopics, selectTopics } from '../../src/config/topics.ts'
import { suite } from '../support/suite.ts'

const test = suite('kafka.topics')
const present = presentTopics(['web-b', 'app', 'web-a', '__consumer_offsets'])

test('names as they stand, then what the expressions match; each topic once', () => {
  assert.equal(selectTopics(['web-b', '/^web-/', 'app'], present), {
    topics: ['web-b', 'app', 'web-a'],
    missing: [],
  })
})

test('a name without a topic is missing, an expression that matches nothing is not', () => {
  assert.equal(selectTopics(['none', '/^none/'], present), { topics: [], missing: ['none'] })
})

test('an internal topic is read by its name only', () => {
  assert.equal(selectTopics(['/offsets/'], present).topics, [])
  assert.equal(selectTopics(['/hidden/'], [{ name: 'hidden', isInternal: true }]).topics, [])
  assert.equal(selectTopics(['__consumer_offsets'], present).topics, ['__consumer_offsets'])
})

test.run()

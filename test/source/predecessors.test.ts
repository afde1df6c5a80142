/** Which members of the group belong to processes that are no more. */
import * as assert from 'uvu/assert'
import { isGone, type ProcessName } from '../../src/source/kafka/predecessors.ts'
import { suite } from '../support/suite.ts'

const test = suite('source/predecessors')

const self: ProcessName = { host: 'a', boot: 'b1', namespace: 'pid:[1]', pid: 100, started: '5000' }
const running = new Map([
  [100, '5000'],
  [200, '4000'],
])
const gone = (member: Partial<ProcessName>): boolean =>
  isGone({ ...self, ...member }, self, pid => running.get(pid) ?? null)

test('a process that runs is not gone, ourselves included', () => {
  assert.not(gone({}))
  assert.not(gone({ pid: 200, started: '4000' }))
})

test('one that ended is gone, also where its number was given to another', () => {
  assert.ok(gone({ pid: 300, started: '3000' }))
  assert.ok(gone({ pid: 200, started: '3999' }))
  assert.ok(gone({ started: '4999' }), 'our own number')
})

test('of other hosts and boots nothing is known', () => {
  assert.not(gone({ host: 'z', pid: 300 }))
  assert.not(gone({ boot: 'b2', pid: 300 }))
})

test('a container that was started again has the same number in another namespace', () => {
  assert.ok(gone({ namespace: 'pid:[2]', started: '4999' }))
  assert.not(gone({ namespace: 'pid:[2]', pid: 300, started: '4999' }))
})

test.run()

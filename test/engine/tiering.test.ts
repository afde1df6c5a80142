/** V8's own tiering: its flag must be one that this Node knows, since an unknown one is only a line on standard error. */
import { spawnSync } from 'node:child_process'
import * as assert from 'uvu/assert'
import { flagFor, optimizeLate } from '../../src/engine/tiering.ts'
import { suite } from '../support/suite.ts'

const test = suite('engine: tiering')

test('each V8 gets the flag that it has', () => {
  assert.is(flagFor('11.3.244.8-node.38'), '--interrupt-budget=1000000')
  assert.is(flagFor('12.4.254.21-node.57'), '--invocation-count-for-turbofan=30000')
  assert.is(flagFor('13.6.233.17-node.63'), '--invocation-count-for-turbofan=30000')
})

test('this Node knows it', () => {
  const { status, stderr } = spawnSync(process.execPath, [flagFor(process.versions.v8), '--eval', ''])
  assert.equal([status, String(stderr)], [0, ''])
  optimizeLate()
})

test.run()

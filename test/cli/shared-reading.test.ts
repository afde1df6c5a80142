/** Readings that many ask for: src/cli/shared-reading.ts. */
import * as assert from 'uvu/assert'
import { sharedReading } from '../../src/cli/shared-reading.ts'
import { suite } from '../support/suite.ts'

const test = suite('cli/shared-reading')

test('one at a time, and again when it is old or has failed', async () => {
  let calls = 0
  let fails = false
  const read = async (): Promise<number> => {
    calls += 1
    await Promise.resolve()
    if (fails) throw new Error('away')
    return calls
  }
  const young = sharedReading(60_000, read)
  assert.equal(await Promise.all([young(), young(), young()]), [1, 1, 1])
  assert.is(await young(), 1)
  const old = sharedReading(0, read)
  assert.equal(await Promise.all([old(), old()]), [2, 2])
  assert.is(await old(), 3)
  fails = true
  assert.match(String(await old().catch(error => error)), 'away')
  fails = false
  assert.is(await old(), 5)
})

test.run()

/** docs/faults.md knows every scenario, and every fault of the matrix has one. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { listScenarios } from '../faults/catalogue.ts'
import { matrix } from '../faults/matrix.ts'
import { suite } from '../support/suite.ts'
import { readResults } from './faults-page.ts'
import { fuzzedPlaces } from './fuzzed.ts'

const test = suite('docs/faults')
const SOAK = 32

test('every scenario has a recorded result; "npm run faults -- NAME --record" writes it', async () => {
  const names = (await listScenarios()).map(({ scenario }) => scenario.facts.name)
  assert.equal(
    readResults().results.map(({ scenario }) => scenario),
    names,
  )
})

test('every fault of the matrix has a scenario, and every scenario has its faults', async () => {
  const covered = new Set((await listScenarios()).flatMap(({ scenario }) => scenario.facts.rows))
  for (const { row } of matrix) assert.is(covered.has(row), row !== SOAK, `row ${row}`)
  assert.is(covered.size, matrix.length - 1)
})

test('nothing that failed is shown as proof', () => {
  assert.equal(
    readResults().results.filter(({ verdict }) => verdict === 'failed'),
    [],
  )
})

test('what is fed with anything is tested where the page says', () => {
  const root = join(import.meta.dirname, '..', '..', '..')
  for (const place of fuzzedPlaces) assert.ok(existsSync(join(root, place)), place)
})

test.run()

/** `npm run bench` knows every benchmark, and shows how far its default set is. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { benches, benchList } from '../../native-bench/catalogue.ts'
import { members } from '../../native-bench/default-set/members.ts'
import { progressLine } from '../../native-bench/default-set/progress.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { suite } from '../support/suite.ts'

const test = suite('native-bench/catalogue')
const folder = join(repositoryRoot, 'native-bench')

test('every file that makes a report is in the catalogue, and named so in its help', () => {
  const programs = readdirSync(folder)
    .filter(file => file.endsWith('.ts') && file !== 'report.ts')
    .filter(file => readFileSync(join(folder, file), 'utf8').includes('makeReport('))
    .map(file => file.replace('.ts', ''))
  assert.equal(Object.keys(benches), programs.sort())
  for (const name of programs) assert.match(benchList(), `  ${name} `)
})

test('the default set is planned to end within 15 minutes', () => {
  assert.ok(members.reduce((sum, { minutes }) => sum + minutes, 0) < 15)
})

test('the bar goes from empty to full', () => {
  const two = [
    { name: 'kernel', minutes: 1 },
    { name: 'pipeline', minutes: 2 },
  ] as const
  assert.match(progressLine(two, 0), /^░{30} 1\/2 kernel, about 1 min; 3 min to go$/)
  assert.match(progressLine(two, 1), /^█{10}░{20} 2\/2 pipeline/)
  assert.match(progressLine(two, 2), /^█{30} 2\/2 done$/)
})

test.run()

/** BENCHMARKS.md says what was measured: every result has its section, and each has what is needed to judge it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { benchmarksPage } from '../../native-bench/render.ts'
import type { Report } from '../../native-bench/report.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { suite } from '../support/suite.ts'

const test = suite('docs/benchmarks')
const folder = join(repositoryRoot, 'native-bench', 'results')

for (const file of readdirSync(folder).filter(name => name.endsWith('.json')))
  test(`${file} is shown, with command, machine and date`, () => {
    const report = JSON.parse(readFileSync(join(folder, file), 'utf8')) as Report<unknown>
    assert.is(`${report.name}.json`, file)
    const page = benchmarksPage()
    for (const fact of [`\`${report.command}\``, report.at.slice(0, 10), `Node ${report.machine.node}`])
      assert.match(page, fact)
    assert.ok(report.machine.cores > 0)
  })

test.run()

/**
 * The wrapper around uvu fails where plain uvu passes: bad suites run in child processes, by themselves and under
 * run-files.ts, and their exit codes and counts are compared.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suite } from './suite.ts'

const test = suite('suite.ts', { timeoutMs: 20_000 })
const fixtures = join(import.meta.dirname, '..', 'fixtures', 'suites')

function run(...names: string[]): { code: number | null; output: string } {
  const files = names.map(name => join(fixtures, `${name}.js`))
  const { status, stdout, stderr } = spawnSync(process.execPath, files, { encoding: 'utf8' })
  return { code: status, output: stdout + stderr }
}

const bad: Readonly<Record<string, RegExp>> = {
  'throwing-before': /no database/,
  'throwing-null': /threw null/,
  hanging: /over 100 ms/,
  'never-run': /suite "fixture" never ran/,
  'throwing-after': /still open/,
  exiting: /did not come to its end/,
  failing: /one is not two/,
  cleaning: /cannot close/,
}

for (const [name, message] of Object.entries(bad)) {
  test(`${name} fails the process and says why`, () => {
    const { code, output } = run(name)
    assert.is(code, 1)
    assert.match(output, message)
  })
}

test('a good suite passes', () => {
  assert.is(run('good').code, 0)
})

test('clean-ups run after the hooks, the latest first, and all of them', () => {
  const words = run('cleaning').output.match(/^(.*)(hook|first|second)$/gm)
  assert.equal(
    words?.map(word => word.replace(/^.*?(hook|first|second)$/, '$1')),
    ['hook', 'second', 'first'],
  )
})

test.run()

/**
 * What the runner counts for good and bad files: each in a process of its own, as run.ts starts it.
 */
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { suite } from './suite.ts'
import { type Outcome, runTestProcess } from './test-process.ts'

const test = suite('test-process.ts', { timeoutMs: 20_000 })
const fixtures = join(import.meta.dirname, '..', 'fixtures', 'suites')

interface Seen extends Outcome {
  readonly problems: readonly string[]
  readonly files: number
}

async function run(names: readonly string[], timeoutMs = 10_000): Promise<Seen> {
  const problems: string[] = []
  let files = 0
  const outcome = await runTestProcess({
    files: names.map(name => join(fixtures, `${name}.js`)),
    environment: {},
    timeoutMs,
    output: 'ignore',
    onFinished: () => {
      files++
    },
    onProblem: message => problems.push(message),
  })
  return { passed: outcome.passed, failed: outcome.failed, problems, files }
}

test('counts what passes and fails, file by file', async () => {
  assert.equal(await run(['good', 'failing']), { passed: 2, failed: 1, problems: [], files: 2 })
})

for (const name of ['throwing-before', 'throwing-null', 'hanging', 'never-run']) {
  test(`${name} counts as failed`, async () => {
    assert.equal(await run([name]), { passed: 0, failed: 1, problems: [], files: 1 })
  })
}

test('a hook that throws after a test that passed counts as failed', async () => {
  assert.equal(await run(['throwing-after']), { passed: 1, failed: 1, problems: [], files: 1 })
})

test('a process that ends early counts as failed and names the file', async () => {
  const { failed, files, problems } = await run(['exiting', 'good'])
  assert.equal({ failed, files }, { failed: 1, files: 0 })
  assert.match(problems[0]!, /exiting\.js: the process ended early/)
})

test('a file that blocks its process is killed and counts as failed', async () => {
  const { failed, problems } = await run(['blocking'], 1000)
  assert.is(failed, 1)
  assert.match(problems[0]!, /blocking\.js: ran out of time/)
})

test.run()

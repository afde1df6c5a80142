/**
 * The test runner: node dist/test/support/run.js [part of a path…]. Files of pure units share one process; files
 * under stack, integration and faults get one each, in turn, and a stack to share. Ends with "N passed, N failed".
 */
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { messageOf } from '../../src/errors.ts'
import { repositoryRoot } from '../../stack/paths.ts'
import { startSharedStack } from './shared-stack.ts'
import { type Outcome, runTestProcess } from './test-process.ts'

const minuteMs = 60_000
const unitTimeoutMs = 2 * minuteMs
const liveTimeoutMs = 8 * minuteMs
const liveFolders = ['stack/', 'integration/', 'faults/']
const compiled = join(import.meta.dirname, '..')

/** Paths below test/, sorted so that the folders of live files come in the order of liveFolders. */
function findFiles(patterns: readonly string[]): { units: string[]; live: string[] } {
  // From the sources: dist/ may still hold what was deleted.
  const files = readdirSync(join(repositoryRoot, 'test'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.test.ts'))
    .filter(file => patterns.length === 0 || patterns.some(pattern => file.includes(pattern)))
    .sort()
  const live = liveFolders.flatMap(folder => files.filter(file => file.startsWith(folder)))
  return { units: files.filter(file => !live.includes(file)), live }
}

const toCompiled = (file: string): string => join(compiled, file.replace(/\.ts$/, '.js'))
const say = (line: string): void => console.log(line)

function run(files: readonly string[], environment: Readonly<Record<string, string>>, timeoutMs: number) {
  return runTestProcess({
    files: files.map(toCompiled),
    environment,
    timeoutMs,
    onFinished: ({ file, passed, failed, durationMs }) => {
      const name = relative(compiled, file).replace(/\.js$/, '.ts')
      const verdict = failed ? `${failed} FAILED, ${passed} passed` : `${passed} passed`
      say(`test/${name}: ${verdict}, ${(durationMs / 1000).toFixed(2)} s`)
    },
    onProblem: message => say(`FAILED: ${message}`),
  })
}

async function runLive(files: readonly string[], add: (outcome: Outcome) => void): Promise<void> {
  if (files.length === 0) return
  const stack = await startSharedStack(line => say(`stack: ${line}`))
  try {
    for (const file of files) add(await run([file], stack.environment, liveTimeoutMs))
  } finally {
    await stack.stop()
  }
}

async function main(patterns: readonly string[]): Promise<void> {
  const { units, live } = findFiles(patterns)
  const total = { passed: 0, failed: 0 }
  const add = (outcome: Outcome): void => {
    total.passed += outcome.passed
    total.failed += outcome.failed
  }
  try {
    if (units.length) add(await run(units, {}, unitTimeoutMs))
    await runLive(live, add)
  } catch (error) {
    say(`FAILED: ${messageOf(error)}`)
    total.failed++
  }
  if (total.passed + total.failed === 0) say('No test file matches')
  process.exitCode = total.passed > 0 && total.failed === 0 ? 0 : 1
  say(`${total.passed} passed, ${total.failed} failed`)
}

// The stack's watchdog ends the services, and the test process sees its channel close.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
await main(process.argv.slice(2))

/**
 * Runs the test files of its command line in this process, one after the other, and reports each to run.ts.
 * Takes the suites out of uvu's queue itself, because uvu's own loop knows no files' times and forgets hooks.
 */
import { pathToFileURL } from 'node:url'
import type { Report } from './protocol.ts'

/** What uvu queues for a suite: resolves with [text of the failures or true, passed, skipped, total]. */
type QueuedSuite = () => Promise<[string | true, number, number, number]>

const uvu = globalThis as unknown as { UVU_DEFER: 1; UVU_INDEX: number; UVU_QUEUE: QueuedSuite[][] }
// Before uvu is loaded: keeps it from starting the suites by a timer of its own.
uvu.UVU_DEFER = 1
const { takeProblems } = await import('./suite.ts')

/** A red run of CI is to be the fault of what changed: there the seed is always the same. Everywhere else each run has its own. */
const CI_SEED = 20261124
const seed = process.env.FUZZ_SEED ?? (process.env.CI ? CI_SEED : undefined)
if (seed !== undefined) {
  const { default: fc } = await import('fast-check')
  fc.configureGlobal({ seed: Number(seed) })
}

// The runner is gone: nobody waits for the rest. Listening alone must not keep the process alive.
process.on('disconnect', () => process.exit(1))
process.channel?.unref()

const send = (report: Report): void => {
  if (process.send) process.send(report)
  else console.log(JSON.stringify(report))
}

async function runFile(file: string): Promise<void> {
  send({ kind: 'started', file })
  const begin = performance.now()
  const queue: QueuedSuite[] = []
  uvu.UVU_INDEX = 0
  uvu.UVU_QUEUE.splice(0, Number.POSITIVE_INFINITY, queue)
  await import(pathToFileURL(file).href)
  let passed = 0
  let failed = 0
  for (const runSuite of queue) {
    const [errors, ran, , total] = await runSuite()
    if (errors !== true) console.log(`\n${errors}`)
    passed += ran
    failed += total - ran
  }
  const problems = takeProblems()
  for (const problem of problems) console.log(problem)
  // A file without a test proves nothing, so it fails.
  if (failed === 0 && (problems.length > 0 || passed === 0)) failed = 1
  send({ kind: 'finished', file, passed, failed, durationMs: performance.now() - begin })
}

for (const file of process.argv.slice(2)) await runFile(file)
send({ kind: 'done' })

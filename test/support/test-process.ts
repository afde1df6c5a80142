/**
 * One process of test files, watched: what it reports, what it leaves undone, and that it ends.
 * run.ts starts one for all unit files and one for each live file; run-files.ts is what runs in it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { extname, join } from 'node:path'
import type { Report } from './protocol.ts'

export interface Outcome {
  readonly passed: number
  readonly failed: number
}

export interface ProcessOptions {
  /** Compiled files. */
  readonly files: readonly string[]
  /** Added to the environment. */
  readonly environment: Readonly<Record<string, string>>
  /** For each file, and for the end of the process after the last. */
  readonly timeoutMs: number
  /** Where the process writes, or an open file for it; to our own output unless told. */
  readonly output?: 'inherit' | 'ignore' | number
  readonly onFinished: (report: Extract<Report, { kind: 'finished' }>) => void
  readonly onProblem: (message: string) => void
}

/** From the last report until the process must have ended by itself. */
const exitGraceMs = 10_000

interface Progress {
  passed: number
  failed: number
  current: string | null
  isDone: boolean
  isLate: boolean
}

/** Kills the process when nothing was reported for the time that the current file has. */
function watch(child: ChildProcess, progress: Progress, options: ProcessOptions): void {
  let timer = setTimeout(expire, options.timeoutMs)
  function expire(): void {
    progress.isLate = true
    // The group: whatever the test started itself goes with it.
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL')
  }
  child.on('message', (report: Report) => {
    clearTimeout(timer)
    timer = setTimeout(expire, report.kind === 'done' ? exitGraceMs : options.timeoutMs)
    if (report.kind === 'started') progress.current = report.file
    else if (report.kind === 'done') progress.isDone = true
    else {
      progress.current = null
      progress.passed += report.passed
      progress.failed += report.failed
      options.onFinished(report)
    }
  })
  child.once('exit', () => clearTimeout(timer))
}

function problemOf(progress: Progress, code: number | null, signal: string | null): string | null {
  const place = progress.current ?? 'after the last file'
  if (progress.isLate && progress.isDone) return 'the process did not end: a test left a handle open'
  if (progress.isLate) return `${place}: ran out of time`
  if (!progress.isDone) return `${place}: the process ended early (code ${code}, signal ${signal})`
  return code === 0 || progress.failed > 0 ? null : `${place}: exit code ${code}`
}

/** Runs the files in a process of their own. What goes wrong outside of tests counts as one failure. */
export function runTestProcess(options: ProcessOptions): Promise<Outcome> {
  const progress: Progress = { passed: 0, failed: 0, current: null, isDone: false, isLate: false }
  const script = join(import.meta.dirname, `run-files${extname(import.meta.filename)}`)
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...options.files], {
    detached: true,
    stdio: ['ignore', options.output ?? 'inherit', options.output ?? 'inherit', 'ipc'],
    env: { ...process.env, ...options.environment },
  })
  watch(child, progress, options)
  return new Promise(resolve => {
    child.once('close', (code, signal) => {
      const problem = problemOf(progress, code, signal)
      if (problem) {
        options.onProblem(problem)
        progress.failed++
      }
      resolve(progress)
    })
  })
}

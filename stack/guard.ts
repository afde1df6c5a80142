/**
 * Promises that what this process starts ends with it, also when it crashes or is killed: tells watchdog.ts,
 * a detached process that waits for our end of its pipe to close. service.ts and paths.ts call it.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { extname, join } from 'node:path'
import type { GuardMessage } from './watchdog.ts'

let watchdog: ChildProcess | null = null

function startWatchdog(): ChildProcess {
  // The same extension as this file: .js when compiled, .ts under type stripping.
  const script = join(import.meta.dirname, `watchdog${extname(import.meta.filename)}`)
  const child = spawn(process.execPath, [script], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.on('error', error => {
    throw error
  })
  child.unref()
  // The handle of the pipe alone must not keep this process alive.
  ;(child.stdin as unknown as { unref(): void }).unref()
  return child
}

/** Tells the watchdog, starting it at the first call. */
export function guard(message: GuardMessage): void {
  watchdog ??= startWatchdog()
  watchdog.stdin?.write(`${JSON.stringify(message)}\n`)
}

/**
 * A program that is compared, as a child process with a service manager's manners: when it ends by itself it is started
 * again after a second, a few times. The bench may also kill it; what it said is kept for the case that it fails.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { createInterface } from 'node:readline'
import { guard } from '../../stack/guard.ts'
import type { Addresses, Command } from './peer.ts'

export interface Supervised {
  /** Null while it does not run. */
  readonly pid: number | null
  /** How often it ended without being asked. */
  readonly ends: number
  /** False when it will not be started again by itself. */
  readonly isAlive: boolean
  /** The last lines that it wrote. */
  readonly said: readonly string[]
  /** SIGKILL; starts it again at once and resolves then. */
  killAndRestart(): Promise<void>
  /** Asks it to stop, insists after ten seconds, resolves when it is gone. */
  stop(): Promise<void>
}

const restartAfterMs = 1000
const graceMs = 10_000
const keptLines = 20

/** Starts it. `restarts`: how often it may end by itself before it is left alone. */
export function supervise(
  { command, args, env }: Command,
  addresses: Addresses,
  restarts: number,
): Supervised {
  let child: ChildProcess | null = null
  let timer: NodeJS.Timeout | null = null
  let ends = 0
  // Ends that we cause are no failures.
  let isExpected = false
  const said: string[] = []
  const keep = (line: string): void => {
    if (said.push(line) > keptLines) said.shift()
  }
  const launch = (): void => {
    timer = null
    const started = spawn(command, args, {
      cwd: tmpdir(),
      // A group of its own: Ctrl-C must reach us alone.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env, ...addresses },
    })
    child = started
    for (const stream of [started.stdout!, started.stderr!])
      createInterface({ input: stream }).on('line', keep)
    started.on('error', error => keep(String(error)))
    if (started.pid !== undefined) guard({ watch: started.pid, signal: 'SIGKILL' })
    started.once('close', (code, signal) => {
      if (started.pid !== undefined) guard({ forget: started.pid })
      child = null
      if (isExpected) return
      keep(`ended with ${signal ?? `code ${code}`}`)
      ends++
      if (ends <= restarts) timer = setTimeout(launch, restartAfterMs)
    })
  }
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    isExpected = true
    if (timer) clearTimeout(timer)
    timer = null
    if (!child) return
    const closed = once(child, 'close')
    child.kill(signal)
    const insist = setTimeout(() => child?.kill('SIGKILL'), graceMs)
    await closed
    clearTimeout(insist)
  }
  launch()
  return {
    get pid() {
      return child?.pid ?? null
    },
    get ends() {
      return ends
    },
    get isAlive() {
      return child !== null || timer !== null
    },
    said,
    async killAndRestart() {
      await end('SIGKILL')
      isExpected = false
      launch()
    },
    stop: () => end('SIGTERM'),
  }
}

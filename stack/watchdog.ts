/**
 * The process that outlives its caller: when the pipe on stdin closes, for whatever reason, it ends the processes
 * and removes the folders it was told of. Started by guard.ts, which speaks one JSON object a line.
 */
import { rmSync } from 'node:fs'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

/** What guard.ts sends. `signal` is the one that makes the process end at once and take its children along. */
export type GuardMessage =
  | { readonly watch: number; readonly signal: NodeJS.Signals }
  | { readonly forget: number }
  | { readonly folder: string }
  | { readonly forgetFolder: string }

const graceMs = 5000
const pollMs = 50
const processes = new Map<number, NodeJS.Signals>()
const folders = new Set<string>()

function accept(message: GuardMessage): void {
  if ('watch' in message) processes.set(message.watch, message.signal)
  else if ('forget' in message) processes.delete(message.forget)
  else if ('folder' in message) folders.add(message.folder)
  else folders.delete(message.forgetFolder)
}

/** False when there is no such process any more. */
function send(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, signal)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function cleanUp(): Promise<void> {
  // A stopped process would not act on the signal before it is continued.
  for (const [pid, signal] of processes) send(pid, signal) && send(pid, 'SIGCONT')
  const deadline = Date.now() + graceMs
  while (Date.now() < deadline && [...processes.keys()].some(pid => send(pid, 0))) await delay(pollMs)
  for (const pid of processes.keys()) send(-pid, 'SIGKILL')
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 })
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
const lines = createInterface({ input: process.stdin })
lines.on('line', line => accept(JSON.parse(line) as GuardMessage))
lines.on('close', () => void cleanUp())

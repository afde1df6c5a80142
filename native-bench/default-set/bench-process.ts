/** A benchmark as a process of its own, so that none inherits the heap of the last. default-set.ts and check.ts use it. */
import { spawn } from 'node:child_process'
import { constants } from 'node:os'
import { join } from 'node:path'
import type { BenchName } from '../catalogue.ts'
import type { Report } from '../report.ts'

/** Somebody wants an end of it: what comes next is not begun. */
export class InterruptedError extends Error {
  readonly exitCode: number

  constructor(signal: NodeJS.Signals) {
    super(`interrupted (${signal})`)
    this.exitCode = 128 + constants.signals[signal]
  }
}

const signals = ['SIGINT', 'SIGTERM'] as const

/** Runs it to its end and returns what it reports. Throws when it fails, InterruptedError when it is to end. */
export async function runBench<Figures>(name: BenchName, args: readonly string[]): Promise<Report<Figures>> {
  const file = join(import.meta.dirname, '..', `${name}.js`)
  const child = spawn(process.execPath, [file, ...args, '--json'], { stdio: ['ignore', 'pipe', 'inherit'] })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  let asked: NodeJS.Signals | null = null
  const pass = (signal: NodeJS.Signals): void => {
    asked = signal
    // Ctrl-C has reached it by the terminal; a second one does no harm.
    child.kill(signal)
  }
  for (const signal of signals) process.on(signal, pass)
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve([code, signal]))
    })
    if (asked !== null) throw new InterruptedError(asked)
    if (code !== 0) throw new Error(`${name} ended with ${signal ?? `exit code ${code}`}`)
    return JSON.parse(Buffer.concat(chunks).toString()) as Report<Figures>
  } finally {
    for (const signal of signals) process.off(signal, pass)
  }
}

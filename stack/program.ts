/**
 * `logcollector run` of this build as a child process, as users run it; for the demo and the benches.
 * guard.ts ends it when we cannot.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { guard } from './guard.ts'
import { repositoryRoot } from './paths.ts'

/** One line of its log; the rest of the fields depends on the event. */
export interface LogLine {
  readonly level: string
  readonly message: string
  readonly event?: string
  readonly url?: string
}

export interface ProgramOptions {
  /** Beside http.port, which is any free one: key=value. */
  readonly settings: readonly string[]
  /** Of node, such as --cpu-prof. */
  readonly flags?: readonly string[]
  readonly onLine: (line: LogLine) => void
}

export interface Program {
  readonly pid: number
  /** Its HTTP address; rejects when it ends before it serves. */
  readonly url: Promise<string>
  /** Rejects, with the end of its log, when it ends before stop() is called; never resolves. */
  readonly failed: Promise<never>
  /** Asks it to stop and resolves with its exit code. */
  stop(): Promise<number | null>
}

const main = join(repositoryRoot, 'dist', 'src', 'main.js')
const keptLines = 20

/** Starts it; whether it gets anywhere, `url` and `failed` tell. */
export function startProgram({ settings, flags = [], onLine }: ProgramOptions): Program {
  const all = ['http.port=0', 'log.format=json', ...settings]
  const child = spawn(process.execPath, [...flags, main, 'run', ...all.flatMap(each => ['--set', each])], {
    // No logcollector.yaml lies there; and a group of its own, so that Ctrl-C reaches only us.
    cwd: tmpdir(),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const pid = child.pid!
  guard({ watch: pid, signal: 'SIGTERM' })
  const kept: string[] = []
  let isStopping = false
  const ended = once(child, 'exit').then(([code]) => {
    guard({ forget: pid })
    return code as number | null
  })
  const failed = ended.then(code => {
    if (isStopping) return new Promise<never>(() => undefined)
    throw new Error(`logcollector run ended with code ${code}:\n${kept.join('\n')}`)
  })
  const listening = new Promise<string>(resolve => {
    const take = (text: string): void => {
      if (kept.push(text) > keptLines) kept.shift()
      const line = parseLine(text)
      if (line?.url !== undefined) resolve(line.url)
      if (line) onLine(line)
    }
    for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', take)
  })
  const url = Promise.race([listening, failed])
  // Whoever waits for them hears of it; until somebody does, a rejection must not end the process.
  for (const promise of [url, failed]) promise.catch(() => undefined)
  return {
    pid,
    url,
    failed,
    stop() {
      isStopping = true
      child.kill('SIGTERM')
      return ended
    },
  }
}

/** Null for what is no line of the log, such as an error before there is one. */
function parseLine(text: string): LogLine | null {
  return text.startsWith('{') ? (JSON.parse(text) as LogLine) : null
}

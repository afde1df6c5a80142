/**
 * The real program as a process of its own, as a user starts it: killed, stopped, asked by HTTP. Whatever happens, it
 * ends with the suite; when a test fails, showingLogs prints what the instances wrote.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SettingKey } from '../../src/config/settings/index.ts'
import { guard } from '../../stack/guard.ts'
import { createDataFolder } from '../../stack/paths.ts'
import { stopped } from '../../stack/stopped.ts'
import { cleanUp } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const program = join(import.meta.dirname, '..', '..', 'src', 'main.js')
const startDeadlineMs = 30_000
const endDeadlineMs = 30_000
const shownLines = 25

export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export type Settings = Readonly<Partial<Record<SettingKey, string>>>

/** One line of the program's log. */
export type LogLine = Readonly<Record<string, unknown>> & {
  readonly event?: string
  readonly message?: string
}

const instances: Instance[] = []

export class Instance {
  readonly pid: number
  /** Null while it runs. */
  ending: Ending | null = null
  private readonly child: ChildProcess
  private readonly logFile: string
  private readonly ended: Promise<Ending>

  /** Starts `logcollector run` with these settings; does not wait for anything. Added to its environment: `env`. */
  constructor(settings: Settings, env: Readonly<Record<string, string>> = {}) {
    const folder = createDataFolder('instance')
    this.logFile = join(folder, 'output.log')
    const all: Settings = { 'http.port': '0', 'log.format': 'json', ...settings }
    const args = Object.entries(all).flatMap(([key, value]) => ['--set', `${key}=${value}`])
    const output = openSync(this.logFile, 'a')
    this.child = spawn(process.execPath, ['--enable-source-maps', program, 'run', ...args], {
      cwd: folder,
      stdio: ['ignore', output, output],
      env: { ...withoutSettings(process.env), ...env },
    })
    closeSync(output)
    if (this.child.pid === undefined) throw new Error('the program could not be started')
    const { pid } = this.child
    this.pid = pid
    guard({ watch: pid, signal: 'SIGKILL' })
    this.ended = new Promise(resolve => {
      this.child.once('exit', (code, signal) => {
        guard({ forget: pid })
        this.ending = { code, signal }
        resolve(this.ending)
      })
    })
    instances.push(this)
    cleanUp(() => this.kill('SIGKILL').then(() => undefined))
  }

  /** Sends a signal; resolves at the end of the process (SIGSTOP: when it stands still, SIGCONT: at once). */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<Ending | null> {
    if (this.ending === null) this.child.kill(signal)
    if (signal === 'SIGSTOP') await stopped(this.pid)
    return signal === 'SIGSTOP' || signal === 'SIGCONT' ? null : this.stopped()
  }

  /** Sends a signal and waits for nothing. */
  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal)
  }

  /** How it ended; throws when it does not. */
  async stopped(deadlineMs = endDeadlineMs): Promise<Ending> {
    await until(() => this.ending, { deadlineMs, what: `end of process ${this.pid}` })
    return this.ended
  }

  /** Waits for something that needs this process: throws at once when it ends. */
  async during<T>(wait: Promise<T>): Promise<T> {
    const early = this.ended.then(ending => {
      throw new Error(`process ${this.pid} ended by itself: ${JSON.stringify(ending)}`)
    })
    early.catch(() => undefined)
    wait.catch(() => undefined)
    return Promise.race([wait, early])
  }

  /** Every line of its log so far that is JSON. */
  log(): LogLine[] {
    return this.text()
      .split('\n')
      .flatMap(line => (line.startsWith('{') && line.endsWith('}') ? [JSON.parse(line) as LogLine] : []))
  }

  /** The log lines of an event. */
  events(name: string): LogLine[] {
    return this.log().filter(({ event }) => event === name)
  }

  text(): string {
    return readFileSync(this.logFile, 'utf8')
  }

  /** Its address; waits until it serves. */
  async url(): Promise<string> {
    const found = () => this.log().find(({ url }) => typeof url === 'string')?.url as string | undefined
    return this.during(until(found, { deadlineMs: startDeadlineMs, what: `address of process ${this.pid}` }))
  }

  /** The answer of /readyz. */
  async readiness(): Promise<{ ready: boolean; reasons: string[] }> {
    const response = await fetch(`${await this.url()}/readyz`, { headers: { accept: 'application/json' } })
    return (await response.json()) as { ready: boolean; reasons: string[] }
  }

  /** Waits until /readyz says so. */
  async ready(deadlineMs = startDeadlineMs): Promise<void> {
    const isReady = async () => {
      const { ready, reasons } = await this.readiness()
      if (!ready) throw new Error(reasons.join('; '))
      return true
    }
    await this.during(until(isReady, { deadlineMs, what: `process ${this.pid} is ready` }))
  }

  /** Sum over all labels of a metric, its name without the prefix; 0 when there is none. */
  async metric(name: string): Promise<number> {
    const text = await (await fetch(`${await this.url()}/metrics`)).text()
    const pattern = new RegExp(`^logcollector_${name}(?:\\{[^}]*\\})? (\\S+)$`, 'gm')
    return [...text.matchAll(pattern)].reduce((sum, match) => sum + Number(match[1]), 0)
  }
}

/** Settings of the caller's environment must not reach the program. */
const withoutSettings = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('LOGCOLLECTOR_')))

/** Wraps the body of a test: when it throws, the end of every instance's log is printed. */
export const showingLogs = (body: () => Promise<void>) => async (): Promise<void> => {
  const before = instances.length
  try {
    await body()
  } catch (error) {
    for (const instance of instances.slice(before)) {
      const lines = instance.text().trimEnd().split('\n')
      console.log(`process ${instance.pid} (${JSON.stringify(instance.ending)}):`)
      console.log(lines.slice(-shownLines).join('\n'))
    }
    throw error
  }
}

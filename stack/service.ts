/**
 * One process of the stack: started, waited for, killed, restarted on the same data, stopped without a trace.
 * kafka.ts and postgres.ts describe theirs; guard.ts ends it when we cannot.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { messageOf } from '../src/errors.ts'
import { guard } from './guard.ts'
import { stopped } from './stopped.ts'

export interface ServiceSpec {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  /** Data folder, from createDataFolder; removed by stop(). The log lies in it. */
  readonly folder: string
  /** Unprivileged owner, when the process must not be root. */
  readonly owner: Owner | null
  /** Ends the process and its children at once. */
  readonly quickSignal: NodeJS.Signals
  /** Ends the process in order, before a restart. */
  readonly orderlySignal: NodeJS.Signals
  /** Resolves when the service answers, rejects when it does not yet. Called again and again. */
  readonly probe: () => Promise<void>
  /** True when this log of a process that ended during its start says that trying again helps. */
  readonly isTransient: (log: string) => boolean
}

export interface Owner {
  readonly uid: number
  readonly gid: number
}

export interface Service {
  readonly name: string
  /** Null while it does not run. */
  readonly pid: number | null
  /** File with the output of the process. */
  readonly log: string
  /** Sends the signal (SIGKILL unless told); waits for the end of the process, for SIGSTOP until it stands still, for SIGCONT and SIGHUP not at all. */
  kill(signal?: NodeJS.Signals): Promise<void>
  /** Starts it again on the same port and data, in order when it still runs; resolves when it answers. */
  restart(): Promise<void>
  /** Ends it and removes its data. May be called twice. */
  stop(): Promise<void>
}

/** The process ended before it answered. */
export class EndedAtStart extends Error {}

/** Somebody else may have taken a port between our look and the bind: then other ports do. */
export async function withFreshPorts<T>(start: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start()
    } catch (error) {
      if (!(error instanceof EndedAtStart) || attempt === STARTS) throw error
      console.error(`stack: ${error.message.split('\n')[0]}; trying again on other ports`)
    }
  }
}

const STARTS = 3
const startDeadlineMs = 60_000
const probeEveryMs = 50
const tailLines = 15
const survivable: readonly NodeJS.Signals[] = ['SIGSTOP', 'SIGCONT', 'SIGHUP']

const hasEnded = (child: ChildProcess): boolean => child.exitCode !== null || child.signalCode !== null

const ended = (child: ChildProcess): Promise<void> =>
  hasEnded(child) ? Promise.resolve() : new Promise(resolve => child.once('exit', () => resolve()))

function launch(spec: ServiceSpec, log: string): ChildProcess {
  const output = openSync(log, 'a')
  try {
    const child = spawn(spec.command, spec.args, {
      cwd: spec.folder,
      // A process group of its own: Ctrl-C in the terminal must reach us, not our services.
      detached: true,
      stdio: ['ignore', output, output],
      ...(spec.owner ?? {}),
    })
    child.on('error', error => console.error(`${spec.name}: ${error.message}`))
    if (child.pid !== undefined) guard({ watch: child.pid, signal: spec.quickSignal })
    child.once('exit', () => guard({ forget: child.pid ?? 0 }))
    return child
  } finally {
    closeSync(output)
  }
}

/** Null when the service answers; what the last probe said when the process ended or the deadline passed. */
async function awaitAnswer(spec: ServiceSpec, child: ChildProcess, deadline: number): Promise<string | null> {
  let reason = 'it never answered'
  while (Date.now() < deadline && child.pid !== undefined && !hasEnded(child)) {
    try {
      await spec.probe()
      return null
    } catch (error) {
      reason = messageOf(error)
    }
    await delay(probeEveryMs)
  }
  return reason
}

/** Starts the service and resolves when it answers. Throws with the end of its log when it does not. */
export async function startService(spec: ServiceSpec): Promise<Service> {
  const log = join(spec.folder, 'output.log')
  let child: ChildProcess | null = null

  const running = (): ChildProcess | null => (child && !hasEnded(child) ? child : null)
  const start = async (): Promise<void> => {
    const deadline = Date.now() + startDeadlineMs
    while (true) {
      child = launch(spec, log)
      const problem = await awaitAnswer(spec, child, deadline)
      if (problem === null) return
      const text = readFileSync(log, 'utf8').trim().split('\n').slice(-tailLines).join('\n')
      const hasEndedItself = running() === null
      const isOver = Date.now() > deadline || !hasEndedItself || !spec.isTransient(text)
      const how = hasEndedItself ? `, and it ended (${child.signalCode ?? child.exitCode})` : ''
      await service.kill(spec.quickSignal)
      const message = `${spec.name} did not start: ${problem}${how}\n${text}`
      if (isOver) throw hasEndedItself ? new EndedAtStart(message) : new Error(message)
      await delay(probeEveryMs)
    }
  }
  const service: Service = {
    name: spec.name,
    log,
    get pid() {
      return running()?.pid ?? null
    },
    async kill(signal = 'SIGKILL') {
      const target = running()
      if (!target) return
      target.kill(signal)
      if (signal === 'SIGSTOP') await stopped(target.pid!)
      if (survivable.includes(signal)) return
      if (signal !== 'SIGKILL') target.kill('SIGCONT')
      await ended(target)
    },
    async restart() {
      await service.kill(spec.orderlySignal)
      await start()
    },
    async stop() {
      await service.kill(spec.quickSignal)
      rmSync(spec.folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 })
      guard({ forgetFolder: spec.folder })
    },
  }
  try {
    await start()
  } catch (error) {
    await service.stop()
    throw error
  }
  return service
}

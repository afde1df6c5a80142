/**
 * Somebody else's work on the same server: pgbench's TPC-B-like transactions, as many as it gets through, with the
 * latency of each from its own log. Neighbours: plain-load.ts (where there is no pgbench), ../kindness.ts.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../stack/command.ts'
import { guard } from '../../stack/guard.ts'
import { findPostgres } from '../../stack/postgres-binaries.ts'

export interface UserFigures {
  readonly perSecond: number
  readonly medianMs: number
  readonly p99Ms: number
}

export interface Transaction {
  readonly endedAtMs: number
  readonly latencyMs: number
}

export interface UserLoad {
  /** Ends it, and says what it got between the two moments (ms since 1970). */
  stop(fromMs: number, toMs: number): Promise<UserFigures>
}

/** Accounts, a hundred thousand a unit. */
export const SCALE = 10
export const CLIENTS = 4
const LONGEST_SECONDS = 3_600
/** Columns of a line of the log (pgbench's manual, "Per-Transaction Logging"). */
const LATENCY_US = 2
const SECONDS = 4
const MICROSECONDS = 5

/** The program, from the server's own folder; null where it does not come with the server. */
export async function findPgbench(): Promise<string | null> {
  const path = join(await findPostgres(null, null, () => undefined), 'pgbench')
  return existsSync(path) ? path : null
}

/** Makes its tables in the database of `url`. */
export const prepareUserLoad = (pgbench: string, url: string): Promise<string> =>
  runCommand(pgbench, ['-i', '-q', '-s', String(SCALE), url])

export function startUserLoad(pgbench: string, url: string): UserLoad {
  const folder = mkdtempSync(join(tmpdir(), 'logcollector-pgbench-'))
  const flags = ['-n', '-c', String(CLIENTS), '-T', String(LONGEST_SECONDS), '-l', '--log-prefix=load']
  const child = spawn(pgbench, [...flags, url], { cwd: folder, stdio: 'ignore' })
  const pid = child.pid!
  guard({ watch: pid, signal: 'SIGTERM' })
  const ended = once(child, 'exit')
  return {
    async stop(fromMs, toMs) {
      child.kill('SIGTERM')
      await ended
      guard({ forget: pid })
      const transactions = readLog(folder)
      rmSync(folder, { recursive: true })
      return figuresOf(transactions, fromMs, toMs)
    },
  }
}

/** The last line may be cut short by the end of the program: it is left out by its missing columns. */
const readLog = (folder: string): Transaction[] =>
  readdirSync(folder)
    .flatMap(name => readFileSync(join(folder, name), 'latin1').split('\n'))
    .map(line => line.split(' ').map(Number))
    .filter(columns => columns.length > MICROSECONDS)
    .map(columns => ({
      endedAtMs: columns[SECONDS]! * 1000 + columns[MICROSECONDS]! / 1000,
      latencyMs: columns[LATENCY_US]! / 1000,
    }))

/** Of the transactions that ended between the two moments. Throws where there is none. */
export function figuresOf(all: readonly Transaction[], fromMs: number, toMs: number): UserFigures {
  const latencies = all
    .filter(({ endedAtMs }) => endedAtMs >= fromMs && endedAtMs < toMs)
    .map(({ latencyMs }) => latencyMs)
    .sort((a, b) => a - b)
  if (latencies.length === 0) throw new Error('the user load did nothing in that time')
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))]!
  return { perSecond: (latencies.length * 1000) / (toMs - fromMs), medianMs: at(0.5), p99Ms: at(0.99) }
}

/**
 * What a process has used so far, from Linux's /proc: CPU time with all its threads, of a server also with its
 * children, ended ones included; and the peak of resident memory. Benches take differences.
 */
import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

interface Stat {
  readonly parent: number
  /** User and system time of the process, and of its children that ended and were waited for; ticks. */
  readonly own: number
  readonly ended: number
}

/** proc(5), /proc/[pid]/stat: fields 4 and 14 to 17; null when there is no such process any more. */
function statOf(pid: number | string): Stat | null {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'latin1')
    // The name stands in parentheses and may hold anything; field 3 follows the last one.
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    const at = (field: number): number => Number(fields[field - 3])
    return { parent: at(4), own: at(14) + at(15), ended: at(16) + at(17) }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return null
    throw error
  }
}

/** CPU seconds of one process, all threads. Throws when it does not run. */
export function cpuSeconds(pid: number): number {
  const stat = statOf(pid)
  if (stat === null) throw new Error(`process ${pid} does not run`)
  return stat.own / ticksPerSecond
}

/** CPU seconds of a server and of every child that it has or had, such as Postgres' backends. */
export function cpuSecondsWithChildren(pid: number): number {
  const children = readdirSync('/proc')
    .filter(name => /^\d+$/.test(name))
    .flatMap(name => statOf(name) ?? [])
    .filter(({ parent }) => parent === pid)
  const server = statOf(pid)
  if (server === null) throw new Error(`process ${pid} does not run`)
  const ticks = children.reduce((sum, { own, ended }) => sum + own + ended, server.own + server.ended)
  return ticks / ticksPerSecond
}

/** The most memory that the process ever had resident, bytes. */
export function peakRssBytes(pid: number): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1')) ?? []
  return Number(kibibytes) * 1024
}

/**
 * Waits until SIGSTOP has taken effect: the kernel hands it to one thread, and until that one is scheduled the others
 * go on and may answer what is asked of them. Neighbours: service.ts, test/faults/instance.ts.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'

const deadlineMs = 10_000

/** Resolves when every thread of the process is stopped or it has ended; at once where there is no /proc. */
export async function stopped(pid: number): Promise<void> {
  const deadline = Date.now() + deadlineMs
  while (!threadsOf(pid).every(isStopped)) {
    if (Date.now() > deadline) throw new Error(`process ${pid} still runs ${deadlineMs} ms after SIGSTOP`)
    await delay(1)
  }
}

/** The files that tell the state of each of its threads. */
function threadsOf(pid: number): string[] {
  const tasks = `/proc/${pid}/task`
  try {
    return readdirSync(tasks).map(task => `${tasks}/${task}/stat`)
  } catch {
    return []
  }
}

/** A thread that ended meanwhile runs no more either. */
function isStopped(stat: string): boolean {
  try {
    const text = readFileSync(stat, 'utf8')
    return 'TtZX'.includes(text.charAt(text.lastIndexOf(')') + 2))
  } catch {
    return true
  }
}

/**
 * The three runs of a program: how fast, what one poison record does, and what one kill -9 costs. Each in an empty
 * database and a new consumer group; what is seen is seen from outside (watch.ts), the same for all.
 */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { cpuSeconds, cpuSecondsWithChildren, peakRssBytes } from '../process-usage.ts'
import type { KillOutcome, PoisonOutcome } from './outcome.ts'
import type { Addresses, Peer, Start } from './peer.ts'
import { poisonId } from './records.ts'
import { type Supervised, supervise } from './supervised.ts'
import { openWatch, type Rows, type Watch } from './watch.ts'

export interface Scene {
  readonly peer: Peer
  readonly start: Start
  readonly addresses: Addresses
  readonly postgresPid: number
  /** In the topic, the poison aside. */
  readonly records: number
  readonly onProgress: (text: string) => void
}

export interface SpeedRound {
  readonly rowsPerSecond: number
  readonly seconds: number
  /** From the assigned partitions on. */
  readonly ownCpuSecondsPerMillion: number
  /** Before that: loading, connecting, joining the group. */
  readonly startCpuSeconds: number
  readonly postgresCpuSecondsPerMillion: number
  readonly peakRssBytes: number
  /** Rows beyond one a record. */
  readonly duplicated: number
  /** Of the table at the end. */
  readonly tableBytes: number
}

const pollMs = 50
const quietMs = 500
const stallMs = 60_000
/** After a kill the group waits for the dead member's session: 45 s where that is left as it ships. */
const killStallMs = 75_000
const poisonStallMs = 20_000
/** With everything there, whatever may come twice still comes. */
const aftermathMs = 5000
const poisonRestarts = 5

/** Runs the act with the program started and watched; ends both. What the program said goes into the error. */
async function withProgram<T>(
  { peer, start, addresses }: Scene,
  restarts: number,
  act: (program: Supervised, watch: Watch) => Promise<T>,
): Promise<T> {
  const client = new pg.Client({ connectionString: addresses.POSTGRES_URL })
  await client.connect()
  // The same for all: what ours asks for by itself.
  await client.query(
    `alter database ${new URL(addresses.POSTGRES_URL).pathname.slice(1)} set synchronous_commit = off`,
  )
  if (peer.setUp !== null) await client.query(peer.setUp)
  await client.end()
  const watch = await openWatch(peer, addresses)
  const program = supervise(start(addresses), addresses, restarts)
  try {
    return await act(program, watch)
  } catch (error) {
    throw new Error([`${peer.name}: ${error}`, ...program.said].join('\n'), { cause: error })
  } finally {
    await program.stop()
    await watch.close()
  }
}

interface Quiet {
  /** Calls `isOver` with what is there whenever the table has been still for a while. */
  readonly quietMs: number
  readonly stallMs: number
  readonly isOver: (stillMs: number) => Promise<boolean>
  readonly onBytes: (bytes: number) => Promise<void> | void
}

/** Resolves when `isOver` says so or nothing moved for `stallMs`; true: over. */
async function untilQuiet(program: Supervised, watch: Watch, options: Quiet): Promise<boolean> {
  let bytes = await watch.bytes()
  let movedAt = performance.now()
  let askedAfterMs = 0
  while (true) {
    await delay(pollMs)
    const now = await watch.bytes()
    const stillMs = performance.now() - movedAt
    if (now !== bytes) {
      bytes = now
      movedAt = performance.now()
      askedAfterMs = 0
      await options.onBytes(bytes)
    } else if (stillMs - askedAfterMs >= options.quietMs) {
      if (await options.isOver(stillMs)) return true
      // Reading the table costs the server something: less and less often.
      askedAfterMs = stillMs * 2
    }
    if (stillMs > options.stallMs || !program.isAlive) return false
  }
}

/** How fast it stores everything that the topic holds, and what that costs. Throws unless each record is a row. */
export const measureSpeed = (scene: Scene): Promise<SpeedRound> =>
  withProgram(scene, 0, async (program, watch) => {
    const { postgresPid, records } = scene
    const assignedMs = await watch.untilAssigned()
    const usage = () => ({
      own: cpuSeconds(program.pid!),
      postgres: cpuSecondsWithChildren(postgresPid),
      peak: peakRssBytes(program.pid!),
    })
    const before = usage()
    let after = before
    let rows: Rows = { total: 0, distinct: 0 }
    const isThere = await untilQuiet(program, watch, {
      quietMs,
      stallMs,
      isOver: async () => {
        // Before the rows are counted: that costs Postgres something too.
        after = usage()
        rows = await watch.rows()
        return rows.distinct >= records
      },
      onBytes: bytes => scene.onProgress(`${(bytes / 2 ** 20).toFixed(0)} MiB`),
    })
    if (!isThere)
      throw new Error(`${rows.total} rows with ${rows.distinct} ids at the end, ${records} were produced`)
    const seconds = ((await watch.lastCommitMs()) - assignedMs) / 1000
    const perMillion = (used: number): number => (used * 1e6) / records
    return {
      rowsPerSecond: records / seconds,
      seconds,
      ownCpuSecondsPerMillion: perMillion(after.own - before.own),
      startCpuSeconds: before.own,
      postgresCpuSecondsPerMillion: perMillion(after.postgres - before.postgres),
      peakRssBytes: after.peak,
      duplicated: rows.total - rows.distinct,
      tableBytes: await watch.bytes(),
    }
  })

/** What one record with a NUL does to itself and to the others. */
export const meetPoison = (scene: Scene): Promise<PoisonOutcome> =>
  withProgram(scene, poisonRestarts, async (program, watch) => {
    const { records } = scene
    await untilQuiet(program, watch, {
      quietMs: 2000,
      stallMs: poisonStallMs,
      isOver: async () => (await watch.lag().catch(() => records)) === 0,
      onBytes: bytes => scene.onProgress(`${(bytes / 2 ** 20).toFixed(0)} MiB`),
    })
    const { distinct, total } = await watch.rows()
    const storedAs = await watch.messageOf(poisonId)
    return {
      records,
      missing: records + (storedAs === null ? 0 : 1) - distinct,
      duplicated: total - distinct,
      storedAs,
      aside: await watch.aside(),
      lag: await watch.lag(),
      ends: program.ends,
    }
  })

/** Kills it when the table has half of its size, starts it again, and counts when nothing comes any more. */
export const killHalfway = (scene: Scene, tableBytes: number): Promise<KillOutcome> =>
  withProgram(scene, poisonRestarts, async (program, watch) => {
    const { records } = scene
    await watch.untilAssigned()
    const deadline = performance.now() + stallMs
    while ((await watch.bytes()) < tableBytes / 2) {
      if (performance.now() > deadline) throw new Error('it did not get halfway within a minute')
      await delay(5)
    }
    await program.killAndRestart()
    const killedMs = Date.now()
    if ((await watch.rows()).distinct === records) throw new Error('it was through before it could be killed')
    await untilQuiet(program, watch, {
      quietMs: aftermathMs,
      stallMs: killStallMs,
      // All there, or nothing left to come.
      isOver: async () =>
        (await watch.rows()).distinct === records || (await watch.lag().catch(() => 1)) === 0,
      onBytes: bytes => scene.onProgress(`${(bytes / 2 ** 20).toFixed(0)} MiB`),
    })
    const { distinct, total } = await watch.rows()
    return {
      lost: records - distinct,
      duplicated: total - distinct,
      seconds: ((await watch.lastCommitMs()) - killedMs) / 1000,
    }
  })

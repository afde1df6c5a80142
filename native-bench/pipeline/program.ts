/**
 * One round of the program itself: `logcollector run` as a child process, in a new consumer group, on an empty
 * database, until everything that the topic holds is committed.
 */
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { type Program, startProgram } from '../../stack/program.ts'
import { cpuSeconds, cpuSecondsWithChildren, peakRssBytes } from '../process-usage.ts'

export interface ProgramOptions {
  readonly brokers: string
  readonly topic: string
  readonly group: string
  readonly database: string
  /** That the topic holds. */
  readonly records: number
  readonly kafkaPid: number
  readonly postgresPid: number
  /** Settings of ours beside the addresses: key=value. */
  readonly settings: readonly string[]
  /** A folder for CPU profiles; null: none. */
  readonly profile: string | null
  readonly onProgress: (records: number, elapsedMs: number) => void
}

export interface ProgramRound {
  readonly rowsPerSecond: number
  readonly seconds: number
  readonly transactions: number
  readonly ourCpuUsPerRow: number
  /** Until the first partition was claimed: loading, connecting, joining the group. */
  readonly startCpuSeconds: number
  readonly postgresCpuUsPerRow: number
  readonly kafkaCpuUsPerRow: number
  readonly peakRssBytes: number
}

const pollMs = 100
const stallMs = 60_000

/** Starts the program; `claimed` resolves when it has its first partition. */
function launch({ brokers, topic, group, database, settings, profile }: ProgramOptions): {
  program: Program
  claimed: Promise<void>
} {
  let program: Program | null = null
  const claimed = new Promise<void>((resolve, reject) => {
    program = startProgram({
      settings: [
        `kafka.brokers=${brokers}`,
        `kafka.topics=${topic}`,
        `kafka.group_id=${group}`,
        `postgres.url=${database}`,
        ...settings,
      ],
      flags: profile === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profile}`],
      onLine: ({ event }) => {
        if (event === 'source:partition:claimed') resolve()
      },
    })
    program.failed.catch(reject)
  })
  return { program: program!, claimed }
}

/** Resolves when so many records are committed. Throws when nothing moves for a minute. */
async function untilStored(client: pg.Client, program: Program, options: ProgramOptions): Promise<void> {
  const begin = performance.now()
  let stored = 0
  let movedAt = begin
  while (stored < options.records) {
    await delay(pollMs)
    const query = client.query<{ stored: string }>(
      'select coalesce(sum(next_offset - start_offset), 0) as stored from logcollector.offsets',
    )
    const { rows } = await Promise.race([query, program.failed])
    const now = performance.now()
    if (Number(rows[0]!.stored) > stored) movedAt = now
    stored = Number(rows[0]!.stored)
    options.onProgress(stored, now - begin)
    if (now - movedAt > stallMs) throw new Error('nothing moved for a minute')
  }
}

/** From the begin of the first transaction to the commit of the last, by Postgres' clock. */
async function readTimes(
  client: pg.Client,
  records: number,
): Promise<{ seconds: number; transactions: number }> {
  const { rows } = await client.query<{ seconds: number; transactions: number; stored: string }>(
    `select extract(epoch from max(pg_xact_commit_timestamp(xmin)) - min(committed_at))::float8 as seconds,
       count(distinct xmin::text)::integer as transactions, sum(stored) as stored
     from logcollector.ingest_ledger`,
  )
  const { seconds, transactions, stored } = rows[0]!
  if (Number(stored) !== records) throw new Error(`${stored} rows were stored, ${records} were produced`)
  return { seconds, transactions }
}

/** Runs one round. The figures begin when the first partition is claimed; before that nothing is fetched. */
export async function runProgram(options: ProgramOptions): Promise<ProgramRound> {
  const { records, kafkaPid, postgresPid } = options
  const client = new pg.Client({ connectionString: options.database })
  await client.connect()
  const { program, claimed } = launch(options)
  const usage = () => ({
    ours: cpuSeconds(program.pid),
    postgres: cpuSecondsWithChildren(postgresPid),
    kafka: cpuSeconds(kafkaPid),
  })
  try {
    await claimed
    const before = usage()
    await untilStored(client, program, options)
    const after = usage()
    const peak = peakRssBytes(program.pid)
    const { seconds, transactions } = await readTimes(client, records)
    const perRow = (cpu: number): number => (cpu * 1e6) / records
    return {
      rowsPerSecond: records / seconds,
      seconds,
      transactions,
      ourCpuUsPerRow: perRow(after.ours - before.ours),
      startCpuSeconds: before.ours,
      postgresCpuUsPerRow: perRow(after.postgres - before.postgres),
      kafkaCpuUsPerRow: perRow(after.kafka - before.kafka),
      peakRssBytes: peak,
    }
  } finally {
    await program.stop()
    await client.end()
  }
}

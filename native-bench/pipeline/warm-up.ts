/**
 * The program on the topic of servers.ts; and the round that does not count: it fills caches and the write-ahead log,
 * is verified, and leaves the rows that ceiling.ts and psql.ts load.
 */
import { verify } from '../../src/store/verify/index.ts'
import { type CopyFormat, dumpRows, keepAttrsAsSent } from './dump.ts'
import { type ProgramRound, runProgram } from './program.ts'
import { progress, type Servers, TOPIC, thousands } from './servers.ts'

export interface ProgramRun {
  /** That the topic holds. */
  readonly records: number
  /** Settings of ours beside the addresses: key=value. */
  readonly settings: readonly string[]
  /** A folder for CPU profiles; null: none. */
  readonly profile: string | null
}

export const runOurs = (
  { kafka, postgres }: Servers,
  { records, settings, profile }: ProgramRun,
  database: string,
  number: number,
): Promise<ProgramRound> =>
  runProgram({
    brokers: kafka.address,
    topic: TOPIC,
    group: `bench-${number}`,
    database,
    records,
    kafkaPid: kafka.pid!,
    postgresPid: postgres.pid!,
    settings,
    profile,
    onProgress: (stored, ms) => progress(`round ${number}: ${stored}, ${thousands((stored / ms) * 1000)}/s`),
  })

/** Leaves the rows in each of the formats. Throws when verify finds something. */
export async function warmUp(
  servers: Servers,
  run: Omit<ProgramRun, 'profile'>,
  formats: readonly CopyFormat[],
): Promise<void> {
  const database = await servers.databases.fresh()
  await keepAttrsAsSent(database)
  await runOurs(servers, { ...run, profile: null }, database, 0)
  const { ok } = await verify(database, { sinceMs: null })
  if (!ok) throw new Error('verify found something after the first round')
  await dumpRows(database, servers.databases.folder, formats)
}

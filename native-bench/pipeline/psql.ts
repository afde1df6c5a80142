/**
 * What people do by hand: psql's \copy of a file that is encoded already, a process a file, all at once, with
 * synchronous_commit off as the writers have it. Neighbours: dump.ts, ceiling.ts.
 */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { runCommand } from '../../stack/command.ts'
import { findPostgres } from '../../stack/postgres-binaries.ts'
import { type Load, type LoadRound, timeLoad } from './ceiling.ts'
import { dumpFile, filesOfSessions } from './dump.ts'

const PROCESSES = 2

/** The program, from the server's own folder; null where it does not come with the server, as in the binaries from npm. */
export async function findPsql(): Promise<string | null> {
  const path = join(await findPostgres(null, null, () => undefined), 'psql')
  return existsSync(path) ? path : null
}

/** Its command for one file of the dump, in binary. */
export const copyCommand = (path: string): string =>
  `\\copy logcollector.logs from '${path.replaceAll("'", "''")}' (format binary)`

/** The rows that psql says it has loaded: one line "COPY n" a command. */
export const rowsLoaded = (output: string): number =>
  [...output.matchAll(/^COPY (\d+)$/gm)].reduce((sum, [, rows]) => sum + Number(rows), 0)

/** The files belong to the server's user: whoever started the server can read them. Their reading is part of the time. */
export const runPsql = (psql: string, load: Load): Promise<LoadRound> =>
  timeLoad(load, async () => {
    const env = { ...process.env, PGOPTIONS: '-c synchronous_commit=off' }
    const outputs = await Promise.all(
      filesOfSessions(PROCESSES).map(files => {
        const commands = files.flatMap(file => ['-c', copyCommand(dumpFile(load.folder, 'binary', file))])
        return runCommand(psql, ['-X', '-v', 'ON_ERROR_STOP=1', ...commands, load.database], { env })
      }),
    )
    return outputs.reduce((sum, output) => sum + rowsLoaded(output), 0)
  })

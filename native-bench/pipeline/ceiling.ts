/**
 * The ceiling: how fast this Postgres takes the same rows into the same tables when nobody parses or sends them,
 * sessions that COPY files of its own disk, with synchronous_commit off as the writers have it. Neighbour: dump.ts.
 */
import pg from 'pg'
import { cpuSecondsWithChildren } from '../process-usage.ts'
import { type CopyFormat, dumpFile, filesOfSessions } from './dump.ts'
import type { Servers } from './servers.ts'

export interface LoadRound {
  readonly rowsPerSecond: number
  readonly seconds: number
  readonly postgresCpuUsPerRow: number
}

/** The dumped rows, and the empty database that is to take them. */
export interface Load {
  readonly database: string
  /** With the files, the server's own. */
  readonly folder: string
  readonly records: number
  readonly postgresPid: number
}

export interface CeilingWay {
  readonly format: CopyFormat
  readonly sessions: number
}

/** What the program is held against: it sends binary, by as many writers. */
export const fullCeiling: CeilingWay = { format: 'binary', sessions: 2 }

/** Of the rows that warm-up.ts has left. */
export const emptyLoad = async ({ databases, postgres }: Servers, records: number): Promise<Load> => ({
  database: await databases.fresh(),
  folder: databases.folder,
  records,
  postgresPid: postgres.pid!,
})

/** Times what loads all rows and resolves with their number. Throws when that is another. */
export async function timeLoad(
  { records, postgresPid }: Load,
  load: () => Promise<number>,
): Promise<LoadRound> {
  const cpuBefore = cpuSecondsWithChildren(postgresPid)
  const begin = performance.now()
  const rows = await load()
  const seconds = (performance.now() - begin) / 1000
  const cpu = cpuSecondsWithChildren(postgresPid) - cpuBefore
  if (rows !== records) throw new Error(`${rows} of ${records} rows were loaded`)
  return { rowsPerSecond: records / seconds, seconds, postgresCpuUsPerRow: (cpu * 1e6) / records }
}

export async function runCeiling(load: Load, { format, sessions }: CeilingWay): Promise<LoadRound> {
  const { database, folder } = load
  const clients = Array.from({ length: sessions }, () => new pg.Client({ connectionString: database }))
  const files = filesOfSessions(sessions)
  const loadFiles = async (client: pg.Client, session: number): Promise<number> => {
    let rows = 0
    for (const file of files[session]!) {
      const path = dumpFile(folder, format, file)
      const { rowCount } = await client.query(`copy logcollector.logs from '${path}' (format ${format})`)
      rows += rowCount ?? 0
    }
    return rows
  }
  try {
    for (const client of clients) {
      await client.connect()
      await client.query('set synchronous_commit = off')
    }
    return await timeLoad(load, async () => {
      const loaded = await Promise.all(clients.map(loadFiles))
      return loaded.reduce((sum, rows) => sum + rows, 0)
    })
  } finally {
    await Promise.all(clients.map(client => client.end()))
  }
}

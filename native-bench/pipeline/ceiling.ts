/**
 * The ceiling: how fast this Postgres takes the same rows into the same tables when nobody parses or sends them, two
 * sessions that COPY binary files of its own disk, with synchronous_commit off as the writers have it.
 */
import pg from 'pg'
import { cpuSecondsWithChildren } from '../process-usage.ts'

export interface CeilingRound {
  readonly rowsPerSecond: number
  readonly seconds: number
  readonly postgresCpuUsPerRow: number
}

const sessions = 2

const fileOf = (folder: string, session: number): string => `${folder}/ceiling-${session}.copy`

/**
 * Makes attrs of an empty database bytes, so that the dump has them just as the program sent them: jsonb would give
 * them back with their keys sorted already, and the ceiling would be spared a part of the work.
 */
export async function keepAttrsAsSent(database: string): Promise<void> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    await client.query(
      `alter table logcollector.logs alter column attrs type bytea using convert_to(attrs::text, 'UTF8')`,
    )
  } finally {
    await client.end()
  }
}

/** Writes the rows of a filled database to a file a session, in the order in which they lie there. */
export async function dumpRows(database: string, folder: string): Promise<void> {
  const client = new pg.Client({ connectionString: database })
  await client.connect()
  try {
    await client.query('set max_parallel_workers_per_gather = 0; set synchronize_seqscans = off')
    for (let session = 0; session < sessions; session++)
      await client.query(
        `copy (select * from logcollector.logs where kafka_partition % ${sessions} = ${session})
         to '${fileOf(folder, session)}' (format binary)`,
      )
  } finally {
    await client.end()
  }
}

/** Loads the dumped rows into an empty database. */
export async function runCeiling(
  database: string,
  folder: string,
  records: number,
  postgresPid: number,
): Promise<CeilingRound> {
  const clients = Array.from({ length: sessions }, () => new pg.Client({ connectionString: database }))
  try {
    for (const client of clients) {
      await client.connect()
      await client.query('set synchronous_commit = off')
    }
    const cpuBefore = cpuSecondsWithChildren(postgresPid)
    const begin = performance.now()
    const results = await Promise.all(
      clients.map((client, session) =>
        client.query(`copy logcollector.logs from '${fileOf(folder, session)}' (format binary)`),
      ),
    )
    const seconds = (performance.now() - begin) / 1000
    const cpu = cpuSecondsWithChildren(postgresPid) - cpuBefore
    const rows = results.reduce((sum, { rowCount }) => sum + (rowCount ?? 0), 0)
    if (rows !== records) throw new Error(`the ceiling loaded ${rows} of ${records} rows`)
    return { rowsPerSecond: records / seconds, seconds, postgresCpuUsPerRow: (cpu * 1e6) / records }
  } finally {
    await Promise.all(clients.map(client => client.end()))
  }
}

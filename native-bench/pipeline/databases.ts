/**
 * An empty, migrated database for each round, copied from one template that has the segments of the records already,
 * so that both sides write into the same tables; and a checkpoint before each, so that none pays for the last.
 */
import pg from 'pg'
import { migrate } from '../../src/store/migrate.ts'

const template = 'bench_template'
const round = 'bench_round'
const DAY_MS = 86_400_000
/** Days with a segment, from the day before the records. */
const days = 4

export interface Databases {
  /** Drops the database of the last round and makes a new one; its postgres:// address. */
  fresh(): Promise<string>
  readonly serverVersion: string
  /** Where the server keeps its data, and may write files. */
  readonly folder: string
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return await use(client)
  } finally {
    await client.end()
  }
}

const urlOf = (server: string, database: string): string =>
  Object.assign(new URL(server), { pathname: database }).href

/** Makes the template on a server of the bench's own. */
export async function prepareDatabases(server: string): Promise<Databases> {
  await withClient(server, client => client.query(`create database ${template}`))
  const url = urlOf(server, template)
  await migrate(url)
  await withClient(url, client =>
    client.query(
      `select logcollector.ensure_segment(day, 24) from generate_series(0, ${days - 1}) as n,
         lateral (select to_timestamp($1::float8) + n * interval '1 day') as d(day)`,
      [(Math.floor(Date.now() / DAY_MS) - 1) * (DAY_MS / 1000)],
    ),
  )
  const show = async (setting: string): Promise<string> =>
    withClient(server, async client => {
      const { rows } = await client.query<{ value: string }>('select current_setting($1) as value', [setting])
      return rows[0]!.value
    })
  return {
    async fresh() {
      await withClient(server, async client => {
        await client.query(`drop database if exists ${round} with (force)`)
        await client.query(`create database ${round} template ${template}`)
        await client.query('checkpoint')
      })
      return urlOf(server, round)
    },
    serverVersion: await show('server_version'),
    folder: await show('data_directory'),
  }
}

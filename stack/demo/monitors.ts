/**
 * What shows the demo at work, where the machine has it: Prometheus with the rules, Grafana with the boards, which reads
 * the database as a role of its own. The demo goes on without them.
 */
import { randomBytes } from 'node:crypto'
import pg from 'pg'
import { messageOf } from '../../src/errors.ts'
import { migrate } from '../../src/store/migrate.ts'
import { findGrafana, startGrafana } from '../grafana.ts'
import { hasPrometheus, startPrometheus } from '../prometheus.ts'

export interface MonitorOptions {
  /** http://host:port of the program. */
  readonly program: string
  /** Of the demo's database, as its owner. */
  readonly database: string
  /** Name of the role that is made for Grafana. */
  readonly reader: string
  readonly report: (line: string) => void
}

export interface Monitors {
  /** Null: there is none. */
  readonly prometheus: string | null
  readonly grafana: string | null
  /** Ends what was started, and removes the role. */
  stop(): Promise<void>
}

const SCRAPE_SECONDS = 5

/** Starts what there is; what does not start is reported and left out. */
export async function startMonitors({
  database,
  program,
  reader,
  report,
}: MonitorOptions): Promise<Monitors> {
  const stops: (() => Promise<unknown>)[] = []
  const attempt = async (name: string, start: () => Promise<string | null>): Promise<string | null> => {
    try {
      return await start()
    } catch (error) {
      report(`${name} is left out: ${messageOf(error)}`)
      return null
    }
  }
  const prometheus = await attempt('Prometheus', async () => {
    if (!hasPrometheus()) return null
    const targets = { logcollector: [new URL(program).host] }
    const server = await startPrometheus({ targets, intervalSeconds: SCRAPE_SECONDS })
    stops.push(() => server.stop())
    return server.url
  })
  const grafana = await attempt('Grafana', async () => {
    const found = findGrafana()
    if (found === null || prometheus === null) return null
    const postgres = await createReader(database, reader)
    stops.push(() => dropReader(database, reader))
    const server = await startGrafana(found, { prometheus, postgres, intervalSeconds: SCRAPE_SECONDS })
    stops.push(() => server.stop())
    return server.url
  })
  const stop = async (): Promise<void> => {
    for (const each of stops.reverse()) await each()
  }
  return { prometheus, grafana, stop }
}

/** The URL of the database as that role. */
async function createReader(url: string, name: string): Promise<string> {
  const password = randomBytes(12).toString('hex')
  await execute(url, `create role ${pg.escapeIdentifier(name)} login password ${pg.escapeLiteral(password)}`)
  await migrate(url, { grants: [{ role: name, kind: 'reader' }] })
  const reading = new URL(url)
  reading.username = name
  reading.password = password
  return reading.href
}

const dropReader = (url: string, name: string): Promise<void> =>
  execute(url, `drop owned by ${pg.escapeIdentifier(name)}; drop role ${pg.escapeIdentifier(name)}`)

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    await client.query(sql)
  } finally {
    await client.end()
  }
}

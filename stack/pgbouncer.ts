/**
 * A private PgBouncer on 127.0.0.1 in front of a Postgres, in the pool mode asked for. debian-program.ts finds the
 * program, service.ts runs it.
 */
import { cpSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { type DebianProgram, findProgram, type Program, unpackedProgram } from './debian-program.ts'
import { findFreePorts } from './ports.ts'
import { createOwnedFolder, findOwner } from './postgres.ts'
import { isReachable } from './postgres-binaries.ts'
import { type Service, startService } from './service.ts'

export interface PgbouncerOptions {
  /** postgres://user@host:port/… of the server; every database of it can be reached. */
  readonly server: string
  readonly poolMode: 'session' | 'transaction'
  /** Lines of the section [pgbouncer]; they win over ours. */
  readonly settings?: Readonly<Record<string, string | number>>
  readonly report?: (line: string) => void
}

export interface Pgbouncer extends Service {
  readonly port: number
  /** The same database and role through PgBouncer. */
  through(url: string): string
}

const program: DebianProgram = {
  name: 'pgbouncer',
  package: 'pgbouncer',
  cache: 'pgbouncer',
  remedy: 'install pgbouncer (Debian: apt install pgbouncer)',
}

async function probe(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => undefined)
  await client.connect()
  await client.end()
}

/** Readable to `owner`: PgBouncer refuses to run as root. */
function reachable(found: Program, folder: string): Program {
  if (found.folder === null || isReachable(found.folder)) return found
  const copy = join(folder, 'program')
  cpSync(found.folder, copy, { recursive: true, verbatimSymlinks: true })
  return unpackedProgram(copy, program.name)!
}

/** Starts one and resolves when it answers. Throws STACK_PREREQUISITE when there is no pgbouncer and apt has none. */
export async function startPgbouncer(options: PgbouncerOptions): Promise<Pgbouncer> {
  const found = await findProgram(program, options.report ?? (() => undefined))
  const owner = findOwner()
  const folder = createOwnedFolder(owner, 'pgbouncer')
  const { command, args } = reachable(found, folder)
  const [port] = (await findFreePorts(1)) as [number]
  const server = new URL(options.server)
  const settings = {
    listen_addr: '127.0.0.1',
    listen_port: port,
    unix_socket_dir: '',
    auth_type: 'trust',
    auth_file: join(folder, 'users.txt'),
    pool_mode: options.poolMode,
    ...options.settings,
  }
  const lines = Object.entries(settings).map(([name, value]) => `${name} = ${value}`)
  const databases = ['[databases]', `* = host=${server.hostname} port=${server.port}`]
  writeFileSync(join(folder, 'pgbouncer.ini'), [...databases, '[pgbouncer]', ...lines, ''].join('\n'))
  writeFileSync(join(folder, 'users.txt'), `"${server.username}" ""\n`)
  const through = (url: string): string => {
    const other = new URL(url)
    other.port = String(port)
    return other.href
  }
  const service = await startService({
    name: 'PgBouncer',
    command,
    args: [...args, join(folder, 'pgbouncer.ini')],
    folder,
    owner,
    quickSignal: 'SIGTERM',
    orderlySignal: 'SIGTERM',
    probe: () => probe(through(options.server)),
    isTransient: () => false,
  })
  return Object.defineProperties(service as Pgbouncer, {
    port: { value: port, enumerable: true },
    through: { value: through },
  })
}

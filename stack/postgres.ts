/**
 * A private Postgres on 127.0.0.1 with a cluster of its own, of the version and with the settings asked for.
 * postgres-binaries.ts finds the programs, service.ts runs the server.
 */
import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { PipelineError } from '../src/errors.ts'
import { runCommand } from './command.ts'
import { createDataFolder } from './paths.ts'
import { findFreePorts } from './ports.ts'
import { findPostgres } from './postgres-binaries.ts'
import { type Owner, type Service, startService, withFreshPorts } from './service.ts'
import { copyData } from './standby.ts'

export interface PostgresOptions {
  /** Major version; the newest of the system's, from 15 on, unless told. */
  readonly version?: number
  /** Lines of postgresql.conf; they win over ours. */
  readonly settings?: Readonly<Record<string, string | number>>
  /** PEM files: the server's certificate and key, and the authority of its clients. */
  readonly tls?: { readonly cert: string; readonly key: string; readonly ca: string }
  /** Lines that come first in pg_hba.conf. */
  readonly access?: readonly string[]
  /** A running server that this one is to be a streaming replica of. */
  readonly standbyOf?: Postgres
  readonly report?: (line: string) => void
}

export interface Postgres extends Service {
  /** postgres://… of the superuser and the database `postgres`; no password. */
  readonly url: string
  readonly port: number
  /** Of the server. */
  readonly dataFolder: string
}

/** Room for large transactions without a checkpoint storm; durability stays as Postgres ships it. */
const defaults: Readonly<Record<string, string | number>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  shared_buffers: '256MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_checkpoints: 'off',
}

/** initdb and postgres refuse root: the user and group that own the cluster instead. Null when we are not root. */
export function findOwner(): Owner | null {
  if (process.getuid?.() !== 0) return null
  const users = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map(line => line.split(':'))
  const user = users.find(fields => fields[0] === 'postgres') ?? users.find(fields => fields[0] === 'nobody')
  if (user) return { uid: Number(user[2]), gid: Number(user[3]) }
  const remedy = 'add a user named postgres (Postgres refuses to run as root), or run as another user'
  throw new PipelineError('STACK_PREREQUISITE', { missing: 'an unprivileged user', remedy })
}

async function probe(url: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  // The server may close the connection while it starts; the query says so too.
  client.on('error', () => undefined)
  await client.connect()
  try {
    await client.query('select 1')
  } finally {
    await client.end()
  }
}

/** A folder that the owner may write and, with us, enter. */
export function createOwnedFolder(owner: Owner | null, name = 'postgres'): string {
  const folder = createDataFolder(name)
  chmodSync(folder, 0o711)
  if (owner) chownSync(folder, owner.uid, owner.gid)
  return folder
}

async function createData(bin: string, dataFolder: string, owner: Owner | null): Promise<void> {
  mkdirSync(dataFolder, { mode: 0o700 })
  if (owner) chownSync(dataFolder, owner.uid, owner.gid)
  const flags = ['--username=postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync']
  await runCommand(join(bin, 'initdb'), ['-D', dataFolder, ...flags], { cwd: dirname(dataFolder), owner })
}

function allow(dataFolder: string, lines: readonly string[]): void {
  const file = join(dataFolder, 'pg_hba.conf')
  writeFileSync(file, [...lines, readFileSync(file, 'utf8')].join('\n'))
}

/** Postgres takes a key only where nobody else may read it. */
function copyCertificates(
  files: NonNullable<PostgresOptions['tls']>,
  folder: string,
  owner: Owner | null,
): Record<string, string> {
  const copied = Object.entries(files).map(([name, file]) => {
    const copy = join(folder, `${name}.pem`)
    writeFileSync(copy, readFileSync(file), { mode: 0o600 })
    if (owner) chownSync(copy, owner.uid, owner.gid)
    return [`ssl_${name}_file`, copy] as const
  })
  return { ssl: 'on', ...Object.fromEntries(copied) }
}

/** Starts a Postgres of its own and resolves when it answers. Throws STACK_PREREQUISITE when there are no programs. */
export const startPostgres = (options: PostgresOptions = {}): Promise<Postgres> =>
  withFreshPorts(() => startOnce(options))

async function startOnce(options: PostgresOptions): Promise<Postgres> {
  const owner = findOwner()
  const folder = createOwnedFolder(owner)
  const dataFolder = join(folder, 'data')
  const copy = owner ? join(folder, 'programs') : null
  const bin = await findPostgres(options.version ?? null, copy, options.report ?? (() => undefined))
  const [port] = (await findFreePorts(1)) as [number]
  if (options.standbyOf) await copyData(options.standbyOf, dataFolder, owner)
  else await createData(bin, dataFolder, owner)
  allow(dataFolder, options.access ?? [])
  const tls = options.tls ? copyCertificates(options.tls, folder, owner) : {}
  const settings = Object.entries({ ...defaults, ...tls, ...options.settings, port })
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`
  const service = await startService({
    name: 'Postgres',
    command: join(bin, 'postgres'),
    args: ['-D', dataFolder, ...settings.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    folder,
    owner,
    quickSignal: 'SIGQUIT',
    orderlySignal: 'SIGINT',
    probe: () => probe(url),
    // After kill -9 the backends of the old server hold its shared memory for a moment.
    isTransient: log => /pre-existing shared memory block|lock file .* already exists/.test(log),
  })
  return Object.defineProperties(service as Postgres, {
    url: { value: url, enumerable: true },
    port: { value: port, enumerable: true },
    dataFolder: { value: dataFolder, enumerable: true },
  })
}

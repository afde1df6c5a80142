/**
 * Brings a database to the schema of this version: the numbered files of sql/, forward only, each in one transaction,
 * under an advisory lock so that instances that start together do it once. Who may not change anything only looks.
 */
import type pg from 'pg'
import { PipelineError } from '../errors.ts'
import { connectClient } from '../postgres/connect.ts'
import { sqlstateOf, storeError } from './connection.ts'
import { checkRole, grantsOf, type RoleGrant, timeoutsOf } from './grants.ts'
import { checksumScriptOf, type Migration, readMigrations, scriptOf } from './migrations.ts'

export interface MigrateOptions {
  /** Of this version unless told. */
  readonly migrations?: readonly Migration[]
  /** Roles to be given the rights of a writer or a reader. */
  readonly grants?: readonly RoleGrant[]
}

export interface MigrateReport {
  /** Names of the files that were applied. */
  readonly applied: readonly string[]
  /** Roles whose rights were set: those asked for and, after a migration, those of earlier runs. */
  readonly granted: readonly string[]
  /** What could not be done, with the remedy. */
  readonly notes: readonly string[]
}

interface State {
  readonly role: string
  readonly mayChange: boolean
  /** Checksums by number; null: applied before there were any. */
  readonly applied: ReadonlyMap<number, { readonly name: string; readonly checksum: string | null }>
}

const LOCK = `select pg_advisory_lock(hashtext('logcollector.migrate'))`
/** Behind a long reader a change of a table would hold up everybody else as well. */
const LOCK_TIMEOUT = `set lock_timeout = '10s'`
const CONNECT_TIMEOUT_MS = 10_000
const INSUFFICIENT_PRIVILEGE = '42501'

/**
 * Runs what is missing. @throws SCHEMA_AHEAD where the database is of a newer version, SCHEMA_BEHIND where something is
 * missing and the role may not change it, MIGRATION_CHANGED, ROLE_UNSUITABLE, and what storeError has
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<MigrateReport> {
  const { grants = [] } = options
  return withClient(url, async client => {
    const migrations = options.migrations ?? (await readMigrations())
    // Most starts end here, and take no lock.
    if (pendingOf(await readState(client), migrations).length === 0 && grants.length === 0)
      return { applied: [], granted: [], notes: [] }
    await client.query(LOCK)
    const state = await readState(client)
    const pending = pendingOf(state, migrations)
    if (pending.length > 0 && !state.mayChange) throw behind(state, pending)
    await client.query(LOCK_TIMEOUT)
    for (const migration of pending) await client.query(scriptOf(migration))
    if (pending.length > 0) await client.query(checksumScriptOf(migrations))
    const remembered = pending.length > 0 ? await rememberedRoles(client) : []
    return { applied: pending.map(({ name }) => name), ...(await grantAll(client, grants, remembered)) }
  })
}

/** The SQL that `migrate` would run now, empty when nothing is missing; takes no lock and changes nothing. */
export async function planMigration(
  url: string,
  options: MigrateOptions = {},
): Promise<{ pending: string[]; sql: string }> {
  return withClient(url, async client => {
    const migrations = options.migrations ?? (await readMigrations())
    const state = await readState(client)
    const pending = pendingOf(state, migrations)
    const isOlder =
      pending.length > 0 && [...state.applied.values()].some(({ checksum }) => checksum === null)
    const scripts = [...pending.map(scriptOf), ...(isOlder ? [checksumScriptOf(migrations)] : [])]
    for (const grant of options.grants ?? []) {
      await checkRole(client, grant)
      const [database] = (await client.query<{ name: string }>('select current_database() as name')).rows
      scripts.push(grantsOf(grant), ...timeoutsOf(grant, database!.name))
    }
    return { pending: pending.map(({ name }) => name), sql: scripts.join('\n') }
  })
}

async function withClient<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  let client: pg.Client | null = null
  try {
    const options = { name: 'logcollector migrate', connectTimeoutMs: CONNECT_TIMEOUT_MS }
    client = (await connectClient({ url, access: 'write', checksPooling: true, ...options })).client
    return await work(client)
  } catch (error) {
    throw storeError(error, 'migrate')
  } finally {
    await client?.end()
  }
}

async function readState(client: pg.Client): Promise<State> {
  const { rows } = await client.query<{ role: string; may_change: boolean; is_migrated: boolean }>(
    `select current_user as role, to_regclass('logcollector.schema_migrations') is not null as is_migrated,
       coalesce(pg_has_role(n.nspowner, 'usage'), has_database_privilege(current_database(), 'create')) as may_change
     from (select) as one left join pg_namespace n on n.nspname = 'logcollector'`,
  )
  const { role, may_change, is_migrated } = rows[0]!
  const { rows: applied } = is_migrated
    ? await client.query<{ number: number; name: string; checksum: string | null }>(
        // Through jsonb, because the column may not be there yet.
        `select number, name, to_jsonb(m) ->> 'checksum' as checksum from logcollector.schema_migrations m`,
      )
    : { rows: [] }
  return { role, mayChange: may_change, applied: new Map(applied.map(row => [row.number, row])) }
}

function pendingOf({ applied }: State, migrations: readonly Migration[]): Migration[] {
  const newest = migrations.at(-1)?.number ?? 0
  const found = Math.max(0, ...applied.keys())
  if (found > newest) throw new PipelineError('SCHEMA_AHEAD', { found, known: newest })
  for (const { number, name, checksum } of migrations) {
    const stored = applied.get(number)
    if (stored !== undefined && stored.checksum !== null && stored.checksum !== checksum)
      throw new PipelineError('MIGRATION_CHANGED', {
        file: `sql/${name}`,
        checksum: checksum.slice(0, 12),
        applied: stored.checksum.slice(0, 12),
      })
  }
  return migrations.filter(({ number }) => !applied.has(number))
}

const behind = ({ applied, role }: State, pending: readonly Migration[]): PipelineError =>
  new PipelineError('SCHEMA_BEHIND', {
    role,
    found: Math.max(0, ...applied.keys()),
    missing: pending.map(({ name }) => name).join(' '),
    command: 'logcollector migrate',
  })

/** Of earlier runs, as far as they still are what they were. */
async function rememberedRoles(client: pg.Client): Promise<RoleGrant[]> {
  const table = `select to_regclass('logcollector.database_roles') is not null as is_there`
  if (!(await client.query<{ is_there: boolean }>(table)).rows[0]!.is_there) return []
  const { rows } = await client.query<RoleGrant>(
    `select role, kind from logcollector.database_roles join pg_roles r on rolname = role
     where not rolsuper and not pg_has_role(r.oid,
       (select nspowner from pg_namespace where nspname = 'logcollector'), 'usage')`,
  )
  return rows
}

async function grantAll(
  client: pg.Client,
  asked: readonly RoleGrant[],
  remembered: readonly RoleGrant[],
): Promise<{ granted: string[]; notes: string[] }> {
  const [database] = (await client.query<{ name: string }>('select current_database() as name')).rows
  const names = asked.map(({ role }) => role)
  const all = [...remembered.filter(({ role }) => !names.includes(role)), ...asked]
  for (const grant of asked) await checkRole(client, grant)
  for (const grant of all) await client.query(grantsOf(grant))
  const notes: string[] = []
  for (const statement of asked.flatMap(grant => timeoutsOf(grant, database!.name))) {
    try {
      await client.query(statement)
    } catch (error) {
      if (sqlstateOf(error) !== INSUFFICIENT_PRIVILEGE) throw error
      notes.push(`only a superuser, or who made the role, may run: ${statement}`)
    }
  }
  return { granted: all.map(({ role }) => role), notes }
}

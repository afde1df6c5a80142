/**
 * Looks at a database from outside a running engine: its version, the state of the schema, and what the role may do.
 * For `logcollector check`; reads only. What is needed is what grants.ts grants to a writer.
 */
import { type PostgresOptions, StorePool } from './connection.ts'
import { readMigrations } from './migrations.ts'

export interface DatabaseFacts {
  /** Such as "15.18" and 15. */
  readonly version: string
  readonly major: number
  readonly role: string
  readonly schema: SchemaFacts
}

export type SchemaFacts =
  | { readonly state: 'absent'; readonly mayCreate: boolean }
  /** The role may not even look. */
  | { readonly state: 'closed' }
  | {
      readonly state: 'present'
      /** Numbers of the newest migration that was applied, and of the newest that this version has. */
      readonly applied: number
      readonly known: number
      readonly isOwner: boolean
      /** Such as "insert on logs". */
      readonly missing: readonly string[]
    }

const readAndInsert = ['select', 'insert']
/** What a writer does to each table. */
export const neededOnTables: Readonly<Record<string, readonly string[]>> = {
  logs: readAndInsert,
  ingest_ledger: readAndInsert,
  dead_letters: readAndInsert,
  topics: [...readAndInsert, 'update'],
  offset_gaps: readAndInsert,
  offsets: [...readAndInsert, 'update'],
  log_rollup_1m: [...readAndInsert, 'update'],
  schema_migrations: ['select'],
  segments: ['select'],
  anomalies: [...readAndInsert, 'update'],
  anomaly_watch: [...readAndInsert, 'update'],
  api_keys: ['select'],
}
/** What a writer calls; each name is there once. */
export const neededFunctions = ['commit_tail', 'add_rollups', 'commit_offset', 'ensure_segment', 'record_gap']

/** @throws PipelineError as storeError has it: unreachable, no such database, refused */
export async function inspectDatabase(options: PostgresOptions): Promise<DatabaseFacts> {
  const pool = new StorePool(options)
  try {
    const [server] = await pool.query<{ version: string; number: number; role: string }>(
      'check',
      `select split_part(current_setting('server_version'), ' ', 1) as version,
         current_setting('server_version_num')::integer as number, current_user as role`,
    )
    const { version, number, role } = server!
    return { version, major: Math.floor(number / 10_000), role, schema: await inspectSchema(pool) }
  } finally {
    await pool.end()
  }
}

async function inspectSchema(pool: StorePool): Promise<SchemaFacts> {
  const [row] = await pool.query<{ is_open: boolean | null; is_owner: boolean; may_create: boolean }>(
    'check',
    `select has_schema_privilege(n.oid, 'usage') as is_open,
       coalesce(pg_has_role(n.nspowner, 'usage'), false) as is_owner,
       has_database_privilege(current_database(), 'create') as may_create
     from (select) as one left join pg_namespace n on n.nspname = 'logcollector'`,
  )
  const { is_open, is_owner, may_create } = row!
  if (is_open === null) return { state: 'absent', mayCreate: may_create }
  if (!is_open) return { state: 'closed' }
  const missing = [...(await missingOnTables(pool)), ...(await missingFunctions(pool))]
  const known = (await readMigrations()).at(-1)?.number ?? 0
  const applied = missing.includes('select on schema_migrations') ? 0 : await appliedNumber(pool)
  return { state: 'present', applied, known, isOwner: is_owner, missing }
}

/** A table that is not there is named too. */
async function missingOnTables(pool: StorePool): Promise<string[]> {
  const pairs = Object.entries(neededOnTables).flatMap(([table, privileges]) =>
    privileges.map(privilege => ({ table, privilege })),
  )
  const rows = await pool.query<{ missing: string }>(
    'check',
    `select privilege || ' on ' || name as missing
     from unnest($1::text[], $2::text[]) with ordinality as needed (name, privilege, place)
     where not coalesce(has_table_privilege(to_regclass('logcollector.' || name), privilege), false)
     order by place`,
    [pairs.map(({ table }) => table), pairs.map(({ privilege }) => privilege)],
  )
  return rows.map(({ missing }) => missing)
}

async function missingFunctions(pool: StorePool): Promise<string[]> {
  const rows = await pool.query<{ missing: string }>(
    'check',
    `select 'execute on function ' || name as missing from unnest($1::text[]) as needed (name)
     where not exists (select from pg_proc
       where pronamespace = 'logcollector'::regnamespace and proname = name and has_function_privilege(oid, 'execute'))`,
    [neededFunctions],
  )
  return rows.map(({ missing }) => missing)
}

async function appliedNumber(pool: StorePool): Promise<number> {
  const [row] = await pool.query<{ number: number }>(
    'check',
    'select coalesce(max(number), 0)::integer as number from schema_migrations',
  )
  return row!.number
}

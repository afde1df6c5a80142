/**
 * The one snapshot in which verify looks at everything, and where it finds the rows: in `logs`, and in segments that
 * retention has detached and not dropped yet. Neighbour: storage/retention.ts.
 */
import pg from 'pg'
import { sqlstateOf } from '../connection.ts'

const UNDEFINED_TABLE = '42P01'
const ATTEMPTS = 5
/** By the catalog, since a moment passes between a DETACH and the note of it; one that is pending is out of `logs` already. */
const DETACHED = `
  select coalesce(array_agg(segment order by segment), '{}') as names
  from segments, to_regclass(quote_ident(segment)) as t (oid)
  where t.oid is not null and not exists (select from pg_inherits
    where inhrelid = t.oid and inhparent = 'logs'::regclass and not inhdetachpending)`
const COLUMNS = 'ts, severity, service, topic_id, kafka_partition, kafka_offset'

/**
 * Begins a REPEATABLE READ transaction and returns what stands for the rows in its statements. `logs` and the detached
 * tables are locked before the snapshot is taken, so that none of them goes while it lasts. The light form needs no rows
 * and locks nothing.
 */
export async function beginSnapshot(client: pg.Client, isLight: boolean): Promise<string> {
  for (let attempt = 1; ; attempt++) {
    const before = isLight ? [] : await detachedTables(client)
    await client.query('begin isolation level repeatable read read only')
    if (isLight || (await holds(client, before, attempt === ATTEMPTS))) return rowSource(before)
    await client.query('rollback')
  }
}

/** False when a table was dropped, or another one detached, in the moment between. */
async function holds(client: pg.Client, detached: readonly string[], isLast: boolean): Promise<boolean> {
  try {
    await client.query(`lock table only ${['logs', ...detached].join(', only ')} in access share mode`)
  } catch (error) {
    if (!isLast && error instanceof pg.DatabaseError && sqlstateOf(error) === UNDEFINED_TABLE) return false
    throw error
  }
  return isLast || String(await detachedTables(client)) === String(detached)
}

/** Their names, quoted. */
async function detachedTables(client: pg.Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ names: string[] }>(DETACHED)
  return rows[0]!.names.map(pg.escapeIdentifier)
}

function rowSource(detached: readonly string[]): string {
  if (detached.length === 0) return 'logs'
  const parts = ['logs', ...detached].map(table => `select ${COLUMNS} from ${table}`)
  return `(${parts.join(' union all ')})`
}

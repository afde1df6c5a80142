/**
 * The columns that the configuration adds to `logs`: nullable and without a default, so that no row is rewritten.
 * ADD COLUMN waits for every open transaction on the table, and what comes later waits behind it: so it waits only
 * briefly, lets the others go first, and tries again. Neighbour: migrate.ts.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type pg from 'pg'
import { PipelineError } from '../errors.ts'
import { connectClient } from '../postgres/connect.ts'
import { sqlstateOf, storeError } from './connection.ts'

export interface WantedColumn {
  readonly name: string
  readonly type: string
}

const CONNECT_MS = 10_000
const LOCK_TIMEOUT_MS = 200
const PAUSE_MS = 300
/** Then the caller hears of it, and may go on trying. */
const PATIENCE_MS = 5000
const LOCK_NOT_AVAILABLE = '55P03'

/**
 * Adds what is missing and returns the names. Safe beside running instances and beside another call. Gives up with
 * POSTGRES_TRANSIENT when no lock was to be had for `patienceMs`.
 * @throws COLUMN_TYPE_DIFFERS where a column of that name holds another type
 */
export async function ensureColumns(
  url: string,
  wanted: readonly WantedColumn[],
  patienceMs = PATIENCE_MS,
): Promise<string[]> {
  if (wanted.length === 0) return []
  let client: pg.Client | null = null
  try {
    client = (
      await connectClient({
        url,
        name: 'logcollector columns',
        connectTimeoutMs: CONNECT_MS,
        access: 'write',
      })
    ).client
    const missing = await missingColumns(client, wanted)
    if (missing.length > 0) await addColumns(client, missing, patienceMs)
    // Another instance may have been quicker, with another type.
    if (missing.length > 0) await missingColumns(client, wanted)
    return missing.map(({ name }) => name)
  } catch (error) {
    throw storeError(error, 'add columns')
  } finally {
    await client?.end()
  }
}

async function missingColumns(client: pg.Client, wanted: readonly WantedColumn[]): Promise<WantedColumn[]> {
  const { rows } = await client.query<WantedColumn & { found: string | null; fits: boolean }>(
    `select w.name, w.type, format_type(a.atttypid, a.atttypmod) as found,
       a.atttypid is not distinct from w.type::regtype as fits
     from unnest($1::text[], $2::text[]) with ordinality as w (name, type, place)
     left join pg_attribute a on a.attrelid = 'logcollector.logs'::regclass
       and a.attname = w.name and a.attnum > 0 and not a.attisdropped
     order by w.place`,
    [wanted.map(({ name }) => name), wanted.map(({ type }) => type)],
  )
  const other = rows.find(row => row.found !== null && !row.fits)
  if (other)
    throw new PipelineError('COLUMN_TYPE_DIFFERS', {
      column: other.name,
      is: other.found,
      wanted: other.type,
    })
  return rows.filter(({ found }) => found === null)
}

async function addColumns(
  client: pg.Client,
  missing: readonly WantedColumn[],
  patienceMs: number,
): Promise<void> {
  const additions = missing.map(
    ({ name, type }) => `add column if not exists ${client.escapeIdentifier(name)} ${type}`,
  )
  const deadline = performance.now() + patienceMs
  await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`)
  for (;;) {
    try {
      await client.query(`alter table logcollector.logs ${additions.join(', ')}`)
      return
    } catch (error) {
      if (sqlstateOf(error) !== LOCK_NOT_AVAILABLE || performance.now() > deadline) throw error
    }
    await delay(PAUSE_MS * (0.5 + Math.random()))
  }
}

/**
 * Retention: what has to go is detached concurrently, counted, and dropped as a table of its own, so that neither a
 * writer nor a reader of `logs` ever waits for it. Each step is marked in `segments` and taken up again by whoever is next.
 */
import pg from 'pg'
import type { Emit } from '../../events.ts'
import { sqlstateOf } from '../connection.ts'
import { LOCK_TIMEOUT_MS } from './exclusive.ts'
import { listSegments } from './list.ts'
import { type RemovalReason, removalsDue, type StoragePolicy } from './policy.ts'
import { quietSegments, watchGrowth } from './watch.ts'

/**
 * A DETACH that waits for those who use `logs` holds no lock meanwhile; but rows of that time cannot be stored until it
 * is done, so it is not begun while somebody is at it who may stay.
 */
const DETACH_PATIENCE_MS = 5_000
/** A lock was not to be had in time, or whoever waited for ours came first (lock_not_available, deadlock_detected). */
const IN_THE_WAY = ['55P03', '40P01']

interface Leaving {
  readonly segment: string
  readonly removal: RemovalReason
}

/** Removes what is due at `nowMs`, and goes on with what was begun. On a connection of its own. */
export async function removeDue(
  client: pg.Client,
  policy: Pick<StoragePolicy, 'retentionMs' | 'maxSizeBytes' | 'sealAfterMs'>,
  nowMs: number,
  emit: Emit,
): Promise<void> {
  let isBlocked = false
  const ask = async <Row extends object>(sql: string) => (await client.query(sql)).rows as Row[]
  for (const leaving of await inState(client, 'detaching')) isBlocked = !(await detach(client, leaving, emit))
  for (const leaving of await inState(client, 'detached')) await drop(client, leaving, emit)
  await watchGrowth(client, nowMs)
  const quiet = await quietSegments(client, policy.sealAfterMs, nowMs)
  // Postgres lets one detach at a time wait.
  if (isBlocked) return
  for (const { segment, reason } of removalsDue(await listSegments(ask), policy, nowMs)) {
    const leaving = { segment: segment.segment, removal: reason }
    // Old records are being read: they would come again at once.
    if (!quiet.has(leaving.segment)) continue
    if (await isInUse(client)) {
      emit('store:removal:postponed', { segment: leaving.segment, step: 'detach' })
      return
    }
    if (!(await detach(client, leaving, emit))) return
    await drop(client, leaving, emit)
  }
}

const inState = async (client: pg.Client, state: 'detaching' | 'detached'): Promise<Leaving[]> =>
  (
    await client.query<{ segment: string; removal: RemovalReason }>(
      'select segment, removal from segments where state = $1 order by from_ts',
      [state],
    )
  ).rows

/** Does a transaction use `logs` for so long already that a detach would have to wait for it? */
async function isInUse(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query(
    `select from pg_locks join pg_stat_activity a using (pid)
     where locktype = 'relation' and relation = 'logs'::regclass and a.datname = current_database()
       and a.xact_start < clock_timestamp() - $1::integer * interval '1 millisecond' limit 1`,
    [DETACH_PATIENCE_MS],
  )
  return rows.length > 0
}

/** False when somebody is in the way: the next turn goes on. */
async function detach(client: pg.Client, { segment, removal }: Leaving, emit: Emit): Promise<boolean> {
  await client.query(`update segments set state = 'detaching', removal = $2 where segment = $1`, [
    segment,
    removal,
  ])
  const { rows } = await client.query<{ is_pending: boolean }>(
    `select inhdetachpending as is_pending from pg_inherits
     where inhrelid = to_regclass(quote_ident($1)) and inhparent = 'logs'::regclass`,
    [segment],
  )
  const isDone = await unlessLocked(async () => {
    // FINALIZE holds a lock on `logs` that keeps segments from being made while it waits, CONCURRENTLY does not.
    if (rows[0]?.is_pending === true)
      await client.query(`alter table logs detach partition ${pg.escapeIdentifier(segment)} finalize`)
    if (rows[0]?.is_pending === false) await detachConcurrently(client, segment)
  })
  if (!isDone) {
    emit('store:removal:postponed', { segment, step: 'detach' })
    return false
  }
  await client.query(`update segments set state = 'detached' where segment = $1`, [segment])
  return true
}

async function detachConcurrently(client: pg.Client, segment: string): Promise<void> {
  await client.query(`set lock_timeout = ${DETACH_PATIENCE_MS}`)
  try {
    await client.query(`alter table logs detach partition ${pg.escapeIdentifier(segment)} concurrently`)
  } finally {
    await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`)
  }
}

/** Rows by the row of the ledger that they belong to. */
const countRows = (segment: string): string => `
  with ranges as (
    select topic_id, kafka_partition, array_agg(first_offset order by first_offset) as firsts
    from ingest_ledger group by topic_id, kafka_partition
  ),
  counted as (
    select topic_id, kafka_partition, firsts[width_bucket(kafka_offset, firsts)] as first_offset, count(*) as rows
    from ${pg.escapeIdentifier(segment)} left join ranges using (topic_id, kafka_partition)
    group by 1, 2, 3
  ),
  noted as (
    insert into removed_rows as r (topic_id, kafka_partition, first_offset, rows)
    select * from counted where first_offset is not null
    on conflict (topic_id, kafka_partition, first_offset) do update set rows = r.rows + excluded.rows
  )
  select coalesce(sum(rows), 0) as rows from counted`

const RECORD = `
  insert into removed_segments (segment, from_ts, to_ts, rows, bytes, reason)
  select segment, from_ts, to_ts, $2, pg_total_relation_size(to_regclass(quote_ident(segment))), removal
  from segments where segment = $1 returning bytes`

/** The count and the DROP are one transaction: no moment exists in which verify could miss rows. */
async function drop(client: pg.Client, { segment, removal }: Leaving, emit: Emit): Promise<void> {
  const there = await client.query(`select where to_regclass(quote_ident($1)) is not null`, [segment])
  if (there.rowCount === 0) {
    await client.query('delete from segments where segment = $1', [segment])
    return
  }
  const startedAt = performance.now()
  const removed = { rows: 0, bytes: 0 }
  const isDone = await unlessLocked(async () => {
    await client.query('begin')
    try {
      await client.query(`lock table ${pg.escapeIdentifier(segment)} in share mode`)
      const { rows } = await client.query<{ rows: string }>(countRows(segment))
      removed.rows = Number(rows[0]!.rows)
      const recorded = await client.query<{ bytes: string }>(RECORD, [segment, removed.rows])
      removed.bytes = Number(recorded.rows[0]?.bytes ?? 0)
      await client.query(`drop table ${pg.escapeIdentifier(segment)}`)
      await client.query('delete from segments where segment = $1', [segment])
      await client.query('commit')
    } catch (error) {
      await client.query('rollback')
      throw error
    }
  })
  if (isDone) {
    const durationMs = performance.now() - startedAt
    emit('store:segment:removed', { segment, reason: removal, ...removed, durationMs })
  } else emit('store:removal:postponed', { segment, step: 'drop' })
}

/** False when somebody was in the way. */
async function unlessLocked(work: () => Promise<void>): Promise<boolean> {
  try {
    await work()
    return true
  } catch (error) {
    if (error instanceof pg.DatabaseError && IN_THE_WAY.includes(sqlstateOf(error) ?? '')) return false
    throw error
  }
}

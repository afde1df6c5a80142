/** Keeps the ledger and the rollups small: adjacent ranges become one, and minutes whose rows are gone are deleted. */
import type pg from 'pg'
import type { StoragePolicy } from './policy.ts'

const MINUTE_MS = 60_000
const DAY_MS = 24 * 60 * MINUTE_MS
/** Younger ranges stay as they were committed: the periodic verify and the throughput look at them. */
const MERGE_AFTER_MS = 10 * MINUTE_MS
/** From then on a day is one range, before that an hour: `verify --since` begins at the start of a range. */
const MERGE_DAYS_AFTER_MS = 7 * DAY_MS
const ROLLUPS_AT_ONCE = 10_000

/** Merges what is old enough at `nowMs`; returns by how many rows the ledger became shorter. */
export async function mergeLedger(client: pg.Client, nowMs: number): Promise<number> {
  const { rows } = await client.query<{ merged: string }>('select merge_ledger($1, $2) as merged', [
    new Date(nowMs - MERGE_AFTER_MS),
    new Date(nowMs - MERGE_DAYS_AFTER_MS),
  ])
  return Number(rows[0]!.merged)
}

/** In small transactions that skip what a writer has in hand; a minute stays as long as its rows do. */
const DELETE_ROLLUPS = `
  delete from log_rollup_1m where ctid = any (array(
    select ctid from log_rollup_1m r
    where bucket < $1 and not exists (select from segments s where r.bucket >= s.from_ts and r.bucket < s.to_ts)
    limit $2 for update skip locked))`

/** Deletes the rollups that are too old at `nowMs`; returns how many. */
export async function deleteRollups(
  client: pg.Client,
  { rollupRetentionMs }: Pick<StoragePolicy, 'rollupRetentionMs'>,
  nowMs: number,
): Promise<number> {
  if (rollupRetentionMs === 0) return 0
  let deleted = 0
  for (let last = ROLLUPS_AT_ONCE; last === ROLLUPS_AT_ONCE; deleted += last) {
    const { rowCount } = await client.query(DELETE_ROLLUPS, [
      new Date(nowMs - rollupRetentionMs),
      ROLLUPS_AT_ONCE,
    ])
    last = rowCount ?? 0
  }
  return deleted
}

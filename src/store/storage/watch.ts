/**
 * Which segments still grow although their time is over: seal.ts and retention.ts let those be. Looked at by size,
 * because a range of the ledger says only between which times its rows lie.
 */
import type pg from 'pg'

/** So much growth is an arrival; less is a record that lost its way. */
const GROWTH = 1.01
/** In ms; a segment that grew later than this is not removed. */
const QUIET_BEFORE_REMOVAL_MS = 60_000

/**
 * What somebody detached by hand is his, and what he dropped is gone: neither is ours to seal or to remove. A segment
 * of which we are rid ourselves is 'detaching' before it leaves `logs`.
 */
const FORGET = `
  delete from segments s where state in ('live', 'sealing', 'sealed') and not exists (select from pg_inherits
    where inhparent = 'logs'::regclass and inhrelid = to_regclass(quote_ident(s.segment)))`

const WATCH = `
  update segments s set watched_bytes = size.bytes, watched_at = $1
  from (select segment, pg_relation_size(to_regclass(quote_ident(segment))) as bytes from segments
    where state in ('live', 'sealing', 'sealed') and to_ts <= $1) as size
  where s.segment = size.segment and (s.watched_at is null or size.bytes > s.watched_bytes * ${GROWTH})`

/** Notes in `segments` which of them grew since the last look, and forgets those that left `logs` without us. */
export async function watchGrowth(client: pg.Client, nowMs: number): Promise<void> {
  await client.query(FORGET)
  await client.query(WATCH, [new Date(nowMs)])
}

/** Names of those that have not grown for a while, as far as was looked. */
export async function quietSegments(
  client: pg.Client,
  sealAfterMs: number,
  nowMs: number,
): Promise<ReadonlySet<string>> {
  const since = nowMs - Math.min(QUIET_BEFORE_REMOVAL_MS, sealAfterMs)
  const { rows } = await client.query<{ segment: string }>(
    'select segment from segments where watched_at <= $1',
    [new Date(since)],
  )
  return new Set(rows.map(({ segment }) => segment))
}

/**
 * Sealing: a segment whose time is over and for which nothing comes any more gets its search indexes, built concurrently
 * and one at a time. Each step looks at what is there, so that a build that was killed is taken up again.
 */
import pg from 'pg'
import { PipelineError } from '../../errors.ts'
import type { Emit } from '../../events.ts'
import { storeError } from '../connection.ts'
import { LOCK_TIMEOUT_MS } from './exclusive.ts'
import { createIndex, dropIndex, type IndexKind, indexName } from './indexes.ts'
import type { StoragePolicy } from './policy.ts'
import { findTextIndex } from './text-index.ts'
import { watchGrowth } from './watch.ts'

/** Where the ranges of the ledger say that something may have arrived, watch.ts tells whether it did. */
const DUE = `
  select segment from segments s
  where (state = 'sealing' or (state = 'sealed' and not indexes @> $3::text[])
    or (state = 'live' and to_ts + $2::bigint * interval '1 millisecond' <= $1
      and (watched_at + $2::bigint * interval '1 millisecond' <= $1
        or not exists (select from ingest_ledger l
          where l.committed_at > $1 - $2::bigint * interval '1 millisecond' and l.stored > 0
            and l.min_ts < s.to_ts and l.max_ts >= s.from_ts))))
    and to_regclass(quote_ident(segment)) is not null
  order by from_ts desc`

/** Seals what is due at `nowMs`, the newest first because it is asked for most. On a connection of its own. */
export async function sealDue(
  client: pg.Client,
  { sealAfterMs, indexes, textIndex }: Pick<StoragePolicy, 'sealAfterMs' | 'indexes' | 'textIndex'>,
  nowMs: number,
  emit: Emit,
): Promise<void> {
  const now = new Date(nowMs)
  await watchGrowth(client, nowMs)
  const text = await findTextIndex(client, textIndex)
  const kinds: readonly IndexKind[] = text.schema === null ? indexes : [...indexes, 'trigram']
  const { rows } = await client.query<{ segment: string }>(DUE, [now, sealAfterMs, kinds])
  const wanted = { kinds, trigramSchema: pg.escapeIdentifier(text.schema ?? '') }
  for (const { segment } of rows) {
    try {
      await seal(client, segment, wanted, now, emit)
    } catch (error) {
      if (await isAttached(client, segment)) throw error
    }
  }
  if (textIndex === 'on' && text.schema === null)
    throw new PipelineError('TEXT_INDEX_UNAVAILABLE', { reason: text.reason })
}

interface Wanted {
  readonly kinds: readonly IndexKind[]
  readonly trigramSchema: string
}

async function seal(
  client: pg.Client,
  segment: string,
  wanted: Wanted,
  now: Date,
  emit: Emit,
): Promise<void> {
  const startedAt = performance.now()
  await client.query(`update segments set state = 'sealing' where segment = $1 and state = 'live'`, [segment])
  // Nobody queues behind these waits: writers and readers take other locks.
  await client.query('set lock_timeout = 0')
  for (const kind of wanted.kinds) await build(client, segment, kind, wanted.trigramSchema, emit)
  // Nothing here changes any more: frozen once, it is never vacuumed again, and its ranges are summarised for BRIN.
  await client.query(`vacuum (freeze, analyze) ${pg.escapeIdentifier(segment)}`)
  await client.query(`set lock_timeout = ${LOCK_TIMEOUT_MS}`)
  await client.query(
    `update segments set state = 'sealed', sealed_at = $2, indexes = $3
     where segment = $1 and state in ('sealing', 'sealed')`,
    [segment, now, wanted.kinds],
  )
  emit('store:segment:sealed', { segment, durationMs: performance.now() - startedAt })
}

/** Builds an index unless it is there; what an earlier build left is dropped first. */
async function build(
  client: pg.Client,
  segment: string,
  kind: IndexKind,
  trigramSchema: string,
  emit: Emit,
): Promise<void> {
  const { rows } = await client.query<{ is_valid: boolean }>(
    'select indisvalid as is_valid from pg_index where indexrelid = to_regclass(quote_ident($1))',
    [indexName(segment, kind)],
  )
  if (rows[0]?.is_valid) return
  if (rows.length > 0) await client.query(dropIndex(segment, kind))
  const startedAt = performance.now()
  try {
    await client.query(createIndex(segment, kind, trigramSchema))
  } catch (error) {
    // A disk that is full needs the room; where the connection is gone, the next turn does it.
    await client.query(dropIndex(segment, kind)).catch(() => undefined)
    throw storeError(error, `index ${indexName(segment, kind)}`)
  }
  const { rows: sizes } = await client.query<{ bytes: string }>(
    'select pg_relation_size(to_regclass(quote_ident($1))) as bytes',
    [indexName(segment, kind)],
  )
  const bytes = Number(sizes[0]!.bytes)
  emit('store:index:built', { segment, index: kind, bytes, durationMs: performance.now() - startedAt })
}

async function isAttached(client: pg.Client, segment: string): Promise<boolean> {
  const { rows } = await client.query(
    `select from segments where segment = $1 and state not in ('detaching', 'detached')`,
    [segment],
  )
  return rows.length > 0
}

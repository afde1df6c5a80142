/**
 * Dead letters as they lie in Postgres: found by filters, read for people, purged with counting. What another attempt
 * does with them is in sink/replay.ts.
 */
import type { StorePool } from './connection.ts'

/** What is not told filters nothing. */
export interface LetterFilter {
  readonly groupId: string
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly code?: string
  /** When the letter was stored, ms since 1970: from `sinceMs` on, before `untilMs`. */
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly state: LetterState
}

/** waiting: it has no row in logs. replayed: it has one by now. */
export const letterStates = ['waiting', 'replayed', 'any'] as const
export type LetterState = (typeof letterStates)[number]

export interface LetterKey {
  readonly topicId: number
  readonly partition: number
  readonly offset: number
  /** Of all that is kept of the record. */
  readonly bytes: number
}

export interface StoredLetter extends LetterKey {
  readonly topic: string
  readonly code: string
  readonly sqlstate: string | null
  readonly reason: string
  readonly at: Date
  /** Kafka's time of the record; null where only its place or its encoded row is known. */
  readonly kafkaTs: Date | null
  readonly attempts: number
  readonly attemptedAt: Date | null
  readonly lastReason: string | null
  readonly replayedAt: Date | null
}

/** What is kept of the record; null where it is not. */
export interface LetterContents {
  readonly key: Buffer | null
  readonly raw: Buffer | null
  /** UTF-8 JSON: [[name, base64 of the value or null], …] */
  readonly headers: Buffer | null
  readonly encoded: Buffer | null
}

/** Whoever can ask: the pool of the store, or a connection of the API. */
export type LetterReader = Pick<StorePool, 'query'>

const MATCHING = `
  from dead_letters d join topics t using (topic_id)
  where t.group_id = $1
    and ($2::text is null or t.topic = $2)
    and ($3::integer is null or d.kafka_partition = $3)
    and ($4::bigint is null or d.kafka_offset = $4)
    and ($5::text is null or d.code = $5)
    and ($6::timestamptz is null or d.at >= $6)
    and ($7::timestamptz is null or d.at < $7)
    and ($8 = 'any' or (d.replayed_at is null) = ($8 = 'waiting'))`
const BYTES = `coalesce(octet_length(d.raw), 0) + coalesce(octet_length(d.key), 0)
  + coalesce(octet_length(d.headers), 0) + coalesce(octet_length(d.encoded), 0) as bytes`

const date = (ms: number | undefined): Date | null => (ms === undefined ? null : new Date(ms))

const valuesOf = (filter: LetterFilter): unknown[] => [
  filter.groupId,
  filter.topic ?? null,
  filter.partition ?? null,
  filter.offset ?? null,
  filter.code ?? null,
  date(filter.sinceMs),
  date(filter.untilMs),
  filter.state,
]

interface KeyRow {
  topic_id: number
  kafka_partition: number
  kafka_offset: string
  bytes: number
}

interface LetterRow extends KeyRow {
  topic: string
  code: string
  sqlstate: string | null
  reason: string
  at: Date
  kafka_ts: Date | null
  attempts: number
  attempted_at: Date | null
  last_reason: string | null
  replayed_at: Date | null
}

const keyOf = (row: KeyRow): LetterKey => ({
  topicId: row.topic_id,
  partition: row.kafka_partition,
  offset: Number(row.kafka_offset),
  bytes: row.bytes,
})

/** The keys of the next letters behind `after` (null: the first), in their order. */
export async function letterKeys(
  pool: StorePool,
  filter: LetterFilter,
  after: LetterKey | null,
  limit: number,
): Promise<LetterKey[]> {
  const rows = await pool.query<KeyRow>(
    'find dead letters',
    `select d.topic_id, d.kafka_partition, d.kafka_offset, ${BYTES} ${MATCHING}
       and (d.topic_id, d.kafka_partition, d.kafka_offset) > ($9::smallint, $10::integer, $11::bigint)
     order by d.topic_id, d.kafka_partition, d.kafka_offset limit $12`,
    [...valuesOf(filter), after?.topicId ?? -1, after?.partition ?? -1, after?.offset ?? -1, limit],
  )
  return rows.map(keyOf)
}

/** The newest letters, without their contents. */
export async function readLetters(
  pool: LetterReader,
  filter: LetterFilter,
  limit: number,
): Promise<StoredLetter[]> {
  const rows = await pool.query<LetterRow>(
    'read dead letters',
    `select d.topic_id, t.topic, d.kafka_partition, d.kafka_offset, d.code, d.sqlstate, d.reason, d.at, d.kafka_ts,
       d.attempts, d.attempted_at, d.last_reason, d.replayed_at, ${BYTES} ${MATCHING}
     order by d.at desc, d.topic_id, d.kafka_partition, d.kafka_offset limit $9`,
    [...valuesOf(filter), limit],
  )
  return rows.map(row => ({
    ...keyOf(row),
    topic: row.topic,
    code: row.code,
    sqlstate: row.sqlstate,
    reason: row.reason,
    at: row.at,
    kafkaTs: row.kafka_ts,
    attempts: row.attempts,
    attemptedAt: row.attempted_at,
    lastReason: row.last_reason,
    replayedAt: row.replayed_at,
  }))
}

/** What is kept of one letter; null when it is gone. */
export async function letterContents(
  pool: LetterReader,
  { topicId, partition, offset }: LetterKey,
): Promise<LetterContents | null> {
  const [row] = await pool.query<LetterContents & Record<string, Buffer | null>>(
    'read a dead letter',
    `select key, raw, headers, encoded from dead_letters
     where topic_id = $1 and kafka_partition = $2 and kafka_offset = $3`,
    [topicId, partition, offset],
  )
  return row ?? null
}

/** Deletes these letters and counts them, so that verify knows; returns how many were there. */
export async function purgeLetters(pool: StorePool, keys: readonly LetterKey[]): Promise<number> {
  return pool.transaction('purge dead letters', async client => {
    const { rows } = await client.query<{ purged: string }>(
      'select purge_dead_letters($1::smallint[], $2::integer[], $3::bigint[]) as purged',
      [keys.map(key => key.topicId), keys.map(key => key.partition), keys.map(key => key.offset)],
    )
    return Number(rows[0]!.purged)
  })
}

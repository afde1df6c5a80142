/**
 * What was committed since: ranges of offsets with the time of their rows, from positions and ledger, and the rows of
 * them that followers want. One read serves all filters. Neighbour: feed.ts.
 */
import { Binder, logConditions } from '../conditions.ts'
import type { LogFilter, LogRecord } from '../contract.ts'
import type { Db } from '../read-pool.ts'
import { ordered, recordOf, type SizedRow, shortColumnsOf, withinBytes } from '../rows.ts'
import { type Vector, vectorKey } from './vector.ts'

/** Offsets of one partition from `first` on, before `next`. */
export interface NewRange {
  readonly topicId: number
  readonly partition: number
  readonly first: number
  readonly next: number
  /** Rows of it. */
  readonly records: number
  /** Of its rows, as Postgres writes them; null: there are none. */
  readonly minTs: string | null
  readonly maxTs: string | null
}

/** How far everything is committed now. */
export async function currentPositions(db: Db): Promise<Map<string, number>> {
  const rows = await db.rows<{ topic_id: number; kafka_partition: number; next_offset: string }>(
    'read positions',
    'select topic_id, kafka_partition, next_offset from offsets',
    [],
  )
  return new Map(rows.map(each => [vectorKey(each.topic_id, each.kafka_partition), Number(each.next_offset)]))
}

interface NewsRow {
  readonly topic_id: number
  readonly kafka_partition: number
  readonly first: string
  readonly next: string
  readonly records: string
  readonly min_ts: string | null
  readonly max_ts: string | null
}

/** A partition that is not in the vector is new: all of it. One that went back has an empty range to where it is now. */
const NEWS = `select o.topic_id, o.kafka_partition, least(p.first, o.next_offset) as first, o.next_offset as next,
    l.records, l.min_ts::text, l.max_ts::text
  from offsets o
  left join unnest($1::smallint[], $2::integer[], $3::bigint[]) as seen (topic_id, kafka_partition, next_offset)
    using (topic_id, kafka_partition)
  cross join lateral (select coalesce(seen.next_offset, o.start_offset) as first) p
  cross join lateral (
    select coalesce(sum(stored), 0) as records, min(min_ts) as min_ts, max(max_ts) as max_ts
    from ingest_ledger i
    where i.topic_id = o.topic_id and i.kafka_partition = o.kafka_partition and i.next_offset > p.first
      and i.first_offset >= coalesce((select max(first_offset) from ingest_ledger b
        where b.topic_id = o.topic_id and b.kafka_partition = o.kafka_partition and b.first_offset <= p.first), 0)
  ) l
  where seen.next_offset is distinct from o.next_offset`

/** Every partition whose position is not that of the vector. */
export async function newsSince(db: Db, vector: Vector): Promise<NewRange[]> {
  const keys = [...vector.keys()].map(key => key.split('.').map(Number) as [number, number])
  const values = [
    keys.map(([topicId]) => topicId),
    keys.map(([, partition]) => partition),
    [...vector.values()],
  ]
  const rows = await db.rows<NewsRow>('look at the ledger', NEWS, values)
  return rows.map(row => ({
    topicId: row.topic_id,
    partition: row.kafka_partition,
    first: Number(row.first),
    next: Number(row.next),
    records: Number(row.records),
    minTs: row.min_ts,
    maxTs: row.max_ts,
  }))
}

/** At most so many offsets of them, from the front of each partition, or of as many partitions. */
export function frontOf(news: readonly NewRange[], offsets: number): NewRange[] {
  const share = Math.max(1, Math.floor(offsets / Math.max(1, news.length)))
  return news
    .slice(0, offsets)
    .map(range => (range.next - range.first <= share ? range : { ...range, next: range.first + share }))
}

/** A follower reads lines, not files: longer values are cut. */
const MOST_CHARACTERS = 8192
/** Of one read, about. */
const MOST_BYTES = 2 * 2 ** 20

/** A filter that Postgres does not take must not reach a read that serves others. @throws HTTP_REQUEST_INVALID */
export async function checkFilter(db: Db, filter: LogFilter): Promise<void> {
  const sql = new Binder()
  const condition = logConditions(filter, sql, db.extraColumns)
  await db.rows('look at a filter', `select from logs where ${condition} limit 0`, sql.values)
}

export interface Match {
  readonly record: LogRecord
  /** By filter: does it want the record? */
  readonly wanted: readonly boolean[]
}

export interface Matches {
  readonly matches: readonly Match[]
  /** False: there are more than `limit`, or they are too large for one read. */
  readonly isWhole: boolean
}

/** Rows of the ranges that one of the filters wants, at most `limit` of them, in the order of time; one at least. */
export async function matchesIn(
  db: Db,
  news: readonly NewRange[],
  filters: readonly LogFilter[],
  limit: number,
): Promise<Matches> {
  const ranges = news.filter(({ minTs, next, first }) => minTs !== null && next > first)
  if (ranges.length === 0) return { matches: [], isWhole: true }
  const sql = new Binder()
  const column = (pick: (range: NewRange) => unknown, type: string): string =>
    sql.bind(ranges.map(pick), type)
  const times = column(each => each.minTs, 'timestamptz[]')
  const ends = column(each => each.maxTs, 'timestamptz[]')
  const places = [
    column(each => each.topicId, 'smallint[]'),
    column(each => each.partition, 'integer[]'),
    column(each => each.first, 'bigint[]'),
    column(each => each.next, 'bigint[]'),
  ]
  const wanted = filters.map(filter => `coalesce(${logConditions(filter, sql, db.extraColumns)}, false)`)
  const inner = `select ${shortColumnsOf(db, MOST_CHARACTERS)}, array[${wanted.join(', ')}] as "lc wanted" from logs
       where ts >= (select min(t) from unnest(${times}) t) and ts <= (select max(t) from unnest(${ends}) t)
         and (${wanted.join(' or ')})
         and exists (select from unnest(${places.join(', ')}) as n (topic, kpartition, first, next)
           where topic_id = topic and kafka_partition = kpartition and kafka_offset >= first and kafka_offset < next)
       limit ${sql.bind(limit + 1, 'integer')}`
  const most = sql.bind(MOST_BYTES, 'float8')
  const rows = await db.rows<SizedRow & { readonly 'lc wanted': boolean[] }>(
    'read what is new',
    withinBytes(db, { inner, order: ordered('asc'), most, more: ', "lc wanted"' }),
    sql.values,
  )
  return {
    matches: rows.map(row => ({ record: recordOf(row), wanted: row['lc wanted'] })),
    isWhole: rows.length <= limit && rows.length === (rows[0]?.['lc found'] ?? 0),
  }
}

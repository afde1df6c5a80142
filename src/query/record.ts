/**
 * One record by its place in Kafka, and its neighbours there. `logs` has no index on offsets, so the ledger tells in
 * which time to look: it keeps the least and the greatest time of every range of offsets.
 */
import { PipelineError } from '../errors.ts'
import { Binder } from './conditions.ts'
import type { Position, Range, RecordAnswer } from './contract.ts'
import type { Db } from './read-pool.ts'
import { columnsOf, inRange, type LogRow, MOST_ANSWER_BYTES, recordOf, withinBytes } from './rows.ts'

/** Offsets without a row (control records, dead letters) lie between; so many for each neighbour are looked through. */
const REACH = 4
const LEAST_REACH = 100

interface Span extends Range {
  readonly topicId: number
}

/** Every incarnation of the topic, in any group, has a number of its own: the newest first. */
const incarnations = (db: Db, topic: string): Promise<{ topic_id: number }[]> =>
  db.rows('find the topic', 'select topic_id from topics where topic = $1::text order by topic_id desc', [
    topic,
  ])

/** The time of the records between two offsets; null: none of them was stored. */
async function timeOf(db: Db, topicId: number, partition: number, from: number, to: number) {
  const [row] = await db.rows<{ min_us: string | null; max_us: string | null }>(
    'find the time in the ledger',
    `select (extract(epoch from min(min_ts)) * 1000000)::bigint as min_us,
       (extract(epoch from max(max_ts)) * 1000000)::bigint as max_us
     from ingest_ledger
     where topic_id = $1::smallint and kafka_partition = $2::integer and next_offset > $3::bigint
       and first_offset < $4::bigint and first_offset >= coalesce((
         select first_offset from ingest_ledger
         where topic_id = $1::smallint and kafka_partition = $2::integer and first_offset <= $3::bigint
         order by first_offset desc limit 1), 0)`,
    [topicId, partition, from, to],
  )
  if (row?.min_us == null || row.max_us == null) return null
  return { fromUs: Number(row.min_us), toUs: Number(row.max_us) + 1 }
}

/** Rows with offsets from `from` to before `to`, in their order. @param way from which end, where there are more or they are large */
async function rowsBetween(
  db: Db,
  span: Span,
  partition: number,
  [from, to]: readonly [number, number],
  way: 'asc' | 'desc',
  limit: number,
): Promise<LogRow[]> {
  const sql = new Binder()
  const order = `kafka_offset ${way}`
  const inner = `select ${columnsOf(db)} from logs where ${inRange(span, sql)}
         and topic_id = ${sql.bind(span.topicId, 'smallint')}
         and kafka_partition = ${sql.bind(partition, 'integer')}
         and kafka_offset >= ${sql.bind(from, 'bigint')} and kafka_offset < ${sql.bind(to, 'bigint')}
       order by ${order} limit ${sql.bind(limit, 'integer')}`
  const most = sql.bind(MOST_ANSWER_BYTES / 2, 'float8')
  const rows = await db.rows<LogRow>('read by offset', withinBytes(db, { inner, order, most }), sql.values)
  return way === 'asc' ? rows : rows.reverse()
}

/** @throws PipelineError RECORD_NOT_FOUND, which says so where it is a dead letter */
export async function record(db: Db, position: Position, neighbours: number): Promise<RecordAnswer> {
  const { topic, partition, offset } = position
  const topics = await incarnations(db, topic)
  for (const { topic_id: topicId } of topics) {
    const time = await timeOf(db, topicId, partition, offset, offset + 1)
    if (time === null) continue
    const [row] = await rowsBetween(db, { ...time, topicId }, partition, [offset, offset + 1], 'asc', 1)
    if (row !== undefined)
      return { record: recordOf(row), ...(await around(db, topicId, position, neighbours)) }
  }
  const [dead] = await db.rows(
    'look for a dead letter',
    `select 1 from dead_letters where topic_id = any($1::smallint[]) and kafka_partition = $2::integer
       and kafka_offset = $3::bigint`,
    [topics.map(({ topic_id }) => topic_id), partition, offset],
  )
  throw new PipelineError('RECORD_NOT_FOUND', {
    topic,
    partition,
    offset,
    ...(dead === undefined ? {} : { problem: 'it is a dead letter: see /api/v1/dead-letters' }),
  })
}

async function around(db: Db, topicId: number, { partition, offset }: Position, neighbours: number) {
  if (neighbours === 0) return { before: [], after: [] }
  const reach = neighbours * REACH + LEAST_REACH
  const [from, to] = [Math.max(0, offset - reach), offset + 1 + reach]
  const span = { ...(await timeOf(db, topicId, partition, from, to))!, topicId }
  const before = await rowsBetween(db, span, partition, [from, offset], 'desc', neighbours)
  const after = await rowsBetween(db, span, partition, [offset + 1, to], 'asc', neighbours)
  return { before: before.map(recordOf), after: after.map(recordOf) }
}

/** The whole at a glance: services, figures of the store, gaps that somebody allowed. */
import { Binder } from './conditions.ts'
import type { Flow, GapsAnswer, Range, ServicesAnswer, StatsAnswer } from './contract.ts'
import { inBuckets } from './histogram.ts'
import type { Db } from './read-pool.ts'
import { ceilMinute, floorMinute } from './time.ts'

/** "error" of OpenTelemetry and above. */
const ERROR = 17
const MOST_SERVICES = 1_000

const iso = (column: string): string =>
  `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`

/** By number of records. */
export async function services(db: Db, range: Range): Promise<ServicesAnswer> {
  const sql = new Binder()
  const whole = { fromUs: floorMinute(range.fromUs), toUs: ceilMinute(range.toUs) }
  const rows = await db.rows<ServicesAnswer['services'][number]>(
    'list services',
    `select service, sum(records)::float8 as records,
       coalesce(sum(records) filter (where severity >= ${ERROR}), 0)::float8 as errors,
       sum(bytes)::float8 as bytes, ${iso('max(bucket)')} as last_seen
     from log_rollup_1m where ${inBuckets(whole, sql)}
     group by service order by 2 desc, 1 limit ${MOST_SERVICES}`,
    sql.values,
  )
  return { services: rows }
}

export async function stats(db: Db): Promise<StatsAnswer> {
  const one = async <Row extends object>(task: string, sql: string): Promise<Row> =>
    (await db.rows<Row>(task, sql, []))[0]!
  const { passed } = await one<{ passed: number }>(
    'sum positions',
    'select coalesce(sum(next_offset - start_offset), 0)::float8 as passed from offsets',
  )
  const { waiting } = await one<{ waiting: number }>(
    'count dead letters',
    'select count(*)::float8 as waiting from dead_letters where replayed_at is null',
  )
  const segments = await one<StatsAnswer['segments']>(
    'measure segments',
    `select count(*)::integer as count, ${iso('min(from_ts)')} as from, ${iso('max(to_ts)')} as to,
       coalesce(sum(pg_total_relation_size(to_regclass(format('logcollector.%I', segment)))), 0)::float8 as bytes
     from segments`,
  )
  return {
    offsets_passed: passed,
    last_minute: await flow(db, '1 minute'),
    last_hour: await flow(db, '1 hour'),
    dead_letters_waiting: waiting,
    segments,
  }
}

async function flow(db: Db, time: string): Promise<Flow> {
  const [row] = await db.rows<Flow>(
    'sum what was committed',
    `select coalesce(sum(stored), 0)::float8 as stored, coalesce(sum(dead), 0)::float8 as dead_letters,
       coalesce(sum(bytes), 0)::float8 as bytes
     from ingest_ledger where committed_at > now() - $1::interval`,
    [time],
  )
  return row!
}

/** The latest first. */
export async function gaps(db: Db, limit: number): Promise<GapsAnswer> {
  const rows = await db.rows<GapsAnswer['gaps'][number]>(
    'list gaps',
    `select topic, kafka_partition as partition, first_offset::float8 as first_offset,
       next_offset::float8 as next_offset, (next_offset - first_offset)::float8 as records, reason, ${iso('at')} as at
     from offset_gaps join topics using (topic_id)
     order by offset_gaps.at desc, topic_id, kafka_partition, first_offset limit $1::integer`,
    [limit],
  )
  return { gaps: rows }
}

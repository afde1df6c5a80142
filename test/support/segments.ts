/**
 * A database with segments and rows as ingest would have left them, without Kafka: rows, ledger, rollups and the
 * position agree, so that verify has something to prove.
 */
import pg from 'pg'
import { cleanUp } from './suite.ts'

export interface RowsOptions {
  /** Time of the first row, and of the last. */
  readonly from: string
  readonly to: string
  readonly rows: number
  /** Transactions that they came in; each a range of the ledger. */
  readonly transactions?: number
  /** When they were committed; now unless told. */
  readonly committedAt?: string
  /** Kafka partition; 0 unless told. */
  readonly partition?: number
  readonly width?: 'day' | 'hour'
}

/** A connection with logcollector in its search path; closed when the running suite ends. */
export async function connect(url: string): Promise<pg.Client> {
  const options = '-c search_path=logcollector,pg_catalog -c timezone=UTC'
  const client = new pg.Client({ connectionString: url, options })
  // A test may end the server's side of it.
  client.on('error', () => undefined)
  await client.connect()
  cleanUp(() => client.end())
  return client
}

const TOPIC = `insert into topics (cluster_id, group_id, topic) values ('c', 'g', 't') on conflict do nothing`
const OFFSETS = `insert into offsets (topic_id, kafka_partition, start_offset, next_offset) values (1, $1, 0, 0)
  on conflict do nothing`
const SEGMENTS = `
  select ensure_segment(start, case $3 when 'day' then 24 else 1 end)
  from generate_series(date_trunc($3, $1::timestamptz), $2::timestamptz, ('1 ' || $3)::interval) as start`
const ROWS = `
  insert into logs (ts, severity, service, host, trace_id, message, attrs, topic_id, kafka_partition, kafka_offset)
  select $1::timestamptz + ($2::timestamptz - $1::timestamptz) * (n::float8 / greatest($3::integer - 1, 1)),
    9, 'service ' || n % 7, 'host', case when n % 2 = 0 then md5(n::text) end, 'message number ' || n,
    jsonb_build_object('n', n, 'user', n % 100), 1, $4, $5::bigint + n
  from generate_series(0, $3::integer - 1) as n`
const LEDGER = `
  insert into ingest_ledger (topic_id, kafka_partition, first_offset, next_offset, stored, dead, skipped, bytes, min_ts,
    max_ts, committed_at)
  select 1, $1, min(kafka_offset), max(kafka_offset) + 1, count(*), 0, 0, 1, min(ts), max(ts),
    coalesce($4::timestamptz, now())
  from logs where kafka_partition = $1 and kafka_offset >= $2::bigint group by (kafka_offset - $2::bigint) / $3::bigint`
const ROLLUPS = `
  insert into log_rollup_1m as r (bucket, service, severity, topic_id, kafka_partition, records, bytes)
  select date_trunc('minute', ts), service, severity, 1, $1, count(*), 1
  from logs where kafka_partition = $1 and kafka_offset >= $2::bigint group by 1, 2, 3
  on conflict (bucket, service, severity, topic_id, kafka_partition) do update set records = r.records + excluded.records`

/** Adds rows spread evenly over the time, with all that belongs to them. */
export async function addRows(client: pg.Client, options: RowsOptions): Promise<void> {
  const { from, to, rows, transactions = 10, committedAt = null, partition = 0, width = 'day' } = options
  await client.query(TOPIC)
  await client.query(OFFSETS, [partition])
  await client.query(SEGMENTS, [from, to, width])
  const { rows: positions } = await client.query<{ next_offset: string }>(
    'select next_offset from offsets where kafka_partition = $1',
    [partition],
  )
  const first = Number(positions[0]!.next_offset)
  await client.query(ROWS, [from, to, rows, partition, first])
  await client.query(LEDGER, [partition, first, Math.ceil(rows / transactions), committedAt])
  await client.query(ROLLUPS, [partition, first])
  await client.query('update offsets set next_offset = $2 where kafka_partition = $1', [
    partition,
    first + rows,
  ])
}

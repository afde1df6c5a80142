/**
 * Positions and ledger ranges for the comparison with the broker, in short statements: what is committed does not change
 * but by being merged, so no snapshot has to last as long as the reading of a topic. Neighbour: broker.ts.
 */
import type { StorePool } from '../connection.ts'
import type { LedgerRange, StoredPartition } from './broker.ts'

/** Ranges in one answer. */
export const PAGE_RANGES = 5_000

/** $1: the time since which transactions count (null: all of them); $2, $3: our cluster and group. */
const POSITIONS = `
  select t.topic, t.topic_id, t.kafka_topic_id, o.kafka_partition, o.next_offset,
    t.cluster_id = $2 and t.group_id = $3 as is_ours,
    t.incarnation = max(t.incarnation) over (partition by t.cluster_id, t.group_id, t.topic) as is_latest,
    case when $1::timestamptz is null then o.start_offset else l.lower end as lower
  from offsets o join topics t using (topic_id)
    left join (select topic_id, kafka_partition, min(first_offset) as lower from ingest_ledger
      where committed_at >= $1 group by topic_id, kafka_partition) l using (topic_id, kafka_partition)
  order by t.topic, o.kafka_partition, t.incarnation`

/** $3 may lie inside a range by now, since ranges are merged: it is given whole then. */
const RANGES = `
  select first_offset, next_offset, stored + dead + dropped + expired as records, gap
  from ingest_ledger
  where topic_id = $1 and kafka_partition = $2 and next_offset > $3 and first_offset < $4
    and first_offset >= coalesce((select max(first_offset) from ingest_ledger
      where topic_id = $1 and kafka_partition = $2 and first_offset <= $3), $3)
  order by first_offset limit ${PAGE_RANGES}`

/** int8 and numeric come as text. */
interface PositionRow {
  topic: string
  topic_id: number
  kafka_topic_id: string | null
  kafka_partition: number
  next_offset: string
  is_ours: boolean
  is_latest: boolean
  lower: string | null
}

interface RangeRow {
  first_offset: string
  next_offset: string
  records: string
  gap: string
}

/** Every partition that has a position, of whatever cluster, group and incarnation. */
export async function storedPartitions(
  pool: StorePool,
  { clusterId, groupId, sinceMs }: { clusterId: string; groupId: string; sinceMs: number | null },
): Promise<StoredPartition[]> {
  const since = sinceMs === null ? null : new Date(sinceMs)
  const rows = await pool.query<PositionRow>('verify', POSITIONS, [since, clusterId, groupId])
  return rows.map(row => ({
    topic: row.topic,
    topicId: row.topic_id,
    kafkaTopicId: row.kafka_topic_id,
    partition: row.kafka_partition,
    nextOffset: Number(row.next_offset),
    isOurs: row.is_ours,
    isLatest: row.is_latest,
    lower: row.lower === null ? null : Number(row.lower),
  }))
}

/** The ranges of a partition from `lower` to its position, in order, a page at a time. */
export async function* ledgerPages(
  pool: StorePool,
  { topicId, partition, nextOffset }: Pick<StoredPartition, 'topicId' | 'partition' | 'nextOffset'>,
  lower: number,
): AsyncGenerator<readonly LedgerRange[]> {
  for (let from = lower; from < nextOffset; ) {
    const rows = await pool.query<RangeRow>('verify', RANGES, [topicId, partition, from, nextOffset])
    if (rows.length === 0) return
    const page = rows.map(row => ({
      firstOffset: Number(row.first_offset),
      nextOffset: Number(row.next_offset),
      records: Number(row.records),
      gap: Number(row.gap),
    }))
    yield page
    from = page.at(-1)!.nextOffset
  }
}

/** The stored positions of a group as they stand in Postgres, for people to see. Neighbour: claims.ts, which moves them. */
import type { StorePool } from './connection.ts'

export interface StoredPartition {
  readonly topic: string
  readonly partition: number
  readonly committed: number
}

/** Of the latest incarnation of each topic. `clusterId` null: whatever the cluster. */
export async function storedPositions(
  pool: StorePool,
  clusterId: string | null,
  groupId: string,
  topics: readonly string[],
): Promise<StoredPartition[]> {
  const rows = await pool.query<{ topic: string; kafka_partition: number; next_offset: string }>(
    'read positions',
    `select topic, kafka_partition, next_offset from offsets join topics t using (topic_id)
     where group_id = $1 and topic = any($2::text[]) and ($3::text is null or cluster_id = $3)
       and incarnation = (select max(incarnation) from topics s
         where s.cluster_id = t.cluster_id and s.group_id = t.group_id and s.topic = t.topic)
     order by topic, kafka_partition`,
    [groupId, topics, clusterId],
  )
  return rows.map(row => ({
    topic: row.topic,
    partition: row.kafka_partition,
    committed: Number(row.next_offset),
  }))
}

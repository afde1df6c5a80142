/**
 * Positions in Postgres: the claim of partitions, and the comparison of what we believe with what is stored.
 * Kafka's own group offsets are never read, and the broker never decides where to go on.
 */
import type pg from 'pg'
import type { Fingerprint } from '../arena/descriptors.ts'
import { PipelineError } from '../errors.ts'
import type { StorePool } from './connection.ts'

export interface ClaimRequest {
  readonly clusterId: string
  readonly groupId: string
  readonly topic: string
  /** By the brokers' word of this moment; null: they give none. */
  readonly kafkaTopicId: string | null
  /** Tokens to write, by partition. */
  readonly tokens: ReadonlyMap<number, string>
  /** All partitions of the topic, and where they start: asked only by the first instance that ever sees the topic. */
  readonly startOfAll: () => Promise<ReadonlyMap<number, number>>
  /** Where all partitions start of a topic that was deleted and made anew. */
  readonly startOfAnew: () => Promise<ReadonlyMap<number, number>>
  /** Where partitions start that the topic did not have then. */
  readonly startOfLater: (partitions: readonly number[]) => Promise<ReadonlyMap<number, number>>
}

export interface Position {
  readonly topicId: number
  readonly nextOffset: number
  readonly fingerprint: Fingerprint | null
}

export interface OwnedPosition extends Position {
  readonly token: string | null
}

interface OffsetRow {
  kafka_partition: number
  next_offset: string
  owner_token: string | null
  fingerprint_offset: string | null
  fingerprint_crc: string | null
}

/** Writes our tokens, flushed to disk, and returns the positions. Rows that are missing are made in the same transaction. */
export async function claimPartitions(
  pool: StorePool,
  request: ClaimRequest,
): Promise<Map<number, Position>> {
  const { clusterId, groupId, topic, tokens } = request
  return pool.transaction(`claim ${topic}`, async client => {
    await client.query('select pg_advisory_xact_lock(hashtext($1))', [
      `logcollector.topic ${clusterId} ${groupId} ${topic}`,
    ])
    const topicId = await topicOf(client, request)
    await addLaterPartitions(client, topicId, request)
    const { rows } = await client.query<OffsetRow>(
      `update offsets o set owner_token = c.token
       from unnest($2::integer[], $3::uuid[]) as c (kafka_partition, token)
       where o.topic_id = $1 and o.kafka_partition = c.kafka_partition returning o.*`,
      [topicId, [...tokens.keys()], [...tokens.values()]],
    )
    return new Map(rows.map(row => [row.kafka_partition, positionOf(topicId, row)]))
  })
}

interface TopicRow {
  topic_id: number
  incarnation: number
  kafka_topic_id: string | null
}

/** The incarnation that is read now. A topic with another id than the latest is another topic, and makes a new one. */
async function topicOf(client: pg.PoolClient, request: ClaimRequest): Promise<number> {
  const { clusterId, groupId, kafkaTopicId, topic } = request
  const { rows } = await client.query<TopicRow>(
    `select topic_id, incarnation, kafka_topic_id from topics where cluster_id = $1 and group_id = $2 and topic = $3
     order by incarnation desc`,
    [clusterId, groupId, topic],
  )
  const [latest] = rows
  if (latest === undefined) return addTopic(client, request, 0, await request.startOfAll())
  if (kafkaTopicId === null || latest.kafka_topic_id === kafkaTopicId) return latest.topic_id
  // Stored before ids were, or made by hand: whether it is the same log is what the fingerprint says.
  if (latest.kafka_topic_id === null) {
    const adopt = 'update topics set kafka_topic_id = $2 where topic_id = $1'
    await client.query(adopt, [latest.topic_id, kafkaTopicId])
    return latest.topic_id
  }
  if (rows.some(({ kafka_topic_id }) => kafka_topic_id === kafkaTopicId)) {
    const reason = `a broker still knows ${topic} as it was before`
    throw new PipelineError('KAFKA_REQUEST_FAILED', { request: 'Metadata', topic, reason })
  }
  return addTopic(client, request, latest.incarnation + 1, await request.startOfAnew())
}

async function addTopic(
  client: pg.PoolClient,
  { clusterId, groupId, kafkaTopicId, topic }: ClaimRequest,
  incarnation: number,
  starts: ReadonlyMap<number, number>,
): Promise<number> {
  const { rows } = await client.query<{ topic_id: number }>(
    `insert into topics (cluster_id, group_id, topic, incarnation, kafka_topic_id)
     values ($1, $2, $3, $4, $5) returning topic_id`,
    [clusterId, groupId, topic, incarnation, kafkaTopicId],
  )
  const topicId = rows[0]!.topic_id
  await addOffsets(client, topicId, starts)
  return topicId
}

async function addLaterPartitions(
  client: pg.PoolClient,
  topicId: number,
  request: ClaimRequest,
): Promise<void> {
  const { rows } = await client.query<{ kafka_partition: number }>(
    'select kafka_partition from offsets where topic_id = $1',
    [topicId],
  )
  const known = new Set(rows.map(row => row.kafka_partition))
  const later = [...request.tokens.keys()].filter(partition => !known.has(partition))
  if (later.length > 0) await addOffsets(client, topicId, await request.startOfLater(later))
}

async function addOffsets(
  client: pg.PoolClient,
  topicId: number,
  starts: ReadonlyMap<number, number>,
): Promise<void> {
  await client.query(
    `insert into offsets (topic_id, kafka_partition, start_offset, next_offset)
     select $1, kafka_partition, start, start from unnest($2::integer[], $3::bigint[]) as s (kafka_partition, start)`,
    [topicId, [...starts.keys()], [...starts.values()]],
  )
}

/** What stands in `offsets` now for these partitions of a topic. */
export async function readPositions(
  pool: StorePool,
  topicId: number,
  partitions: readonly number[],
): Promise<Map<number, OwnedPosition>> {
  const rows = await pool.query<OffsetRow>(
    'read positions',
    'select * from offsets where topic_id = $1 and kafka_partition = any($2::integer[])',
    [topicId, partitions],
  )
  return new Map(
    rows.map(row => [row.kafka_partition, { ...positionOf(topicId, row), token: row.owner_token }]),
  )
}

const positionOf = (topicId: number, row: OffsetRow): Position => ({
  topicId,
  nextOffset: Number(row.next_offset),
  fingerprint:
    row.fingerprint_offset === null || row.fingerprint_crc === null
      ? null
      : { baseOffset: Number(row.fingerprint_offset), crc: Number(row.fingerprint_crc) },
})

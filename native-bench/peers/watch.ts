/**
 * What the bench sees of a program from outside, the same for all: its table in Postgres (size, rows, time of the last
 * commit) and its consumer group in Kafka (has it its partitions, what lies before it).
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Admin, Kafka as KafkaClient, logLevel } from 'kafkajs'
import pg from 'pg'
import type { Addresses, Peer } from './peer.ts'

export interface Rows {
  readonly total: number
  readonly distinct: number
}

export interface Watch {
  /** Bytes of the table and its partitions; cheap. */
  bytes(): Promise<number>
  /** Reads the whole table. */
  rows(): Promise<Rows>
  /** Of the row with this id; null: there is none. */
  messageOf(id: string): Promise<string | null>
  aside(): Promise<number>
  /** Of the last row that was committed, ms since 1970. */
  lastCommitMs(): Promise<number>
  /** Resolves with the moment at which the group had its partitions, ms since 1970. Rejects after a minute. */
  untilAssigned(): Promise<number>
  /** Records that the group has not committed. */
  lag(): Promise<number>
  close(): Promise<void>
}

const pollMs = 25
const assignedWithinMs = 60_000

async function isAssigned(admin: Admin, group: string): Promise<boolean> {
  const { groups } = await admin.describeGroups([group])
  const [found] = groups
  return (
    found?.state === 'Stable' && found.members.some(({ memberAssignment }) => memberAssignment.length > 0)
  )
}

async function lagOf(admin: Admin, topic: string, groupId: string): Promise<number> {
  const ends = await admin.fetchTopicOffsets(topic)
  const [committed] = await admin.fetchOffsets({ groupId, topics: [topic] })
  return ends.reduce((sum, { partition, high }) => {
    const found = committed?.partitions.find(each => each.partition === partition)
    // -1: never committed.
    return sum + Number(high) - Math.max(0, Number(found?.offset ?? 0))
  }, 0)
}

/** Connects to both; the database has the peer's table already. */
export async function openWatch({ table, id, message, aside }: Peer, addresses: Addresses): Promise<Watch> {
  const { KAFKA_BROKERS, KAFKA_GROUP, KAFKA_TOPIC, POSTGRES_URL } = addresses
  const client = new pg.Client({ connectionString: POSTGRES_URL })
  const kafka = new KafkaClient({
    brokers: KAFKA_BROKERS.split(','),
    logLevel: logLevel.NOTHING,
    // It is asked again at once anyway; a client that backs off would see the start too late.
    retry: { retries: 0 },
  })
  const admin = kafka.admin()
  await client.connect()
  await admin.connect()
  const one = async (query: string, values: string[] = []): Promise<Record<string, string | null>> =>
    (await client.query<Record<string, string | null>>(query, values)).rows[0]!
  return {
    async bytes() {
      const query = `select sum(pg_relation_size(part)) as bytes
        from (select $1::regclass union select relid from pg_partition_tree($1::regclass)) as parts(part)`
      return Number((await one(query, [table])).bytes)
    },
    async rows() {
      const counted = await one(`select count(*) as total, count(distinct ${id}) as uniq from ${table}`)
      return { total: Number(counted.total), distinct: Number(counted.uniq) }
    },
    async messageOf(wanted) {
      const query = `select max(${message}) as message from ${table} where ${id} = $1`
      return (await one(query, [wanted])).message ?? null
    },
    aside: async () => (aside === null ? 0 : Number((await one(aside)).count)),
    async lastCommitMs() {
      const query = `select extract(epoch from max(pg_xact_commit_timestamp(xmin))) * 1000 as ms from ${table}`
      return Number((await one(query)).ms)
    },
    async untilAssigned() {
      const deadline = Date.now() + assignedWithinMs
      while (!(await isAssigned(admin, KAFKA_GROUP).catch(() => false))) {
        if (Date.now() > deadline) throw new Error('it did not join its consumer group within a minute')
        await delay(pollMs)
      }
      return Date.now()
    },
    lag: () => lagOf(admin, KAFKA_TOPIC, KAFKA_GROUP),
    async close() {
      await admin.disconnect()
      await client.end()
    },
  }
}

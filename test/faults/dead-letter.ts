/** A dead letter as it lies in the database, with its headers taken apart. Neighbours: poison and refused-rows tests. */
import type { Observer } from './observer.ts'

export interface DeadLetter {
  readonly partition: number
  readonly offset: number
  readonly key: Buffer | null
  readonly raw: Buffer | null
  /** Name and value, in order. */
  readonly headers: readonly (readonly [string, Buffer | null])[]
  readonly code: string
  readonly sqlstate: string | null
  readonly reason: string
}

interface Row {
  kafka_partition: number
  kafka_offset: string
  key: Buffer | null
  raw: Buffer | null
  headers: Buffer | null
  code: string
  sqlstate: string | null
  reason: string
}

/** All of a topic, in the order of partition and offset. */
export async function readDeadLetters(observer: Observer, topic: string): Promise<DeadLetter[]> {
  const rows = await observer.query<Row>(
    `select d.* from dead_letters d join topics using (topic_id) where topic = $1
     order by kafka_partition, kafka_offset`,
    [topic],
  )
  return rows.map(row => ({
    partition: row.kafka_partition,
    offset: Number(row.kafka_offset),
    key: row.key,
    raw: row.raw,
    headers: headersOf(row.headers),
    code: row.code,
    sqlstate: row.sqlstate,
    reason: row.reason,
  }))
}

function headersOf(json: Buffer | null): DeadLetter['headers'] {
  if (json === null) return []
  const pairs = JSON.parse(json.toString('utf8')) as [string, string | null][]
  return pairs.map(([name, value]) => [name, value === null ? null : Buffer.from(value, 'base64')])
}

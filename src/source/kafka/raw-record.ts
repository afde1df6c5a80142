/**
 * One record out of a Fetch answer with its bytes, for dead letters: kafkajs' own decoder, slow and good enough for
 * a cold path (it knows every codec that kafkajs knows). Neighbour: source.ts.
 */

import Decoder from 'kafkajs/src/protocol/decoder.js'
import decodeRecordBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'

/** Key, value and headers as they were produced. */
export interface RawRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, Buffer | null])[]
  /** Kafka's timestamp, ms since 1970. */
  readonly timestampMs: number
}

/** The record at `offset` of a record set whose first batch holds it, or null when that batch does not. */
export async function findRawRecord(recordSet: Buffer, offset: number): Promise<RawRecord | null> {
  const { records } = await decodeRecordBatch(new Decoder(recordSet))
  const found = records.find(record => Number(record.offset) === offset)
  if (found === undefined) return null
  const headers = Object.entries(found.headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(one => [name, one ?? null] as const),
  )
  return { key: found.key, value: found.value, headers, timestampMs: Number(found.timestamp) }
}

/**
 * One record out of a Fetch answer with its bytes, for dead letters: kafkajs' own decoder, slow and good enough for
 * a cold path, behind our decompression. Neighbours: source.ts, record-counts.ts (offsets alone).
 */

import Decoder from 'kafkajs/src/protocol/decoder.js'
import decodeRecordBatch from 'kafkajs/src/protocol/recordBatch/v0/decoder.js'
import { codecs } from '../../codecs/codec.ts'
import { decompress, loadDecoder } from '../../codecs/decompress.ts'

/** Key, value and headers as they were produced. */
export interface RawRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [string, Buffer | null])[]
  /** Kafka's timestamp, ms since 1970. */
  readonly timestampMs: number
}

const LENGTH_AT = 8
const ATTRIBUTES_AT = 21
const RECORDS_AT = 61
/** What `length` does not count. */
const PREFIX_BYTES = 12
const CODEC_MASK = 7
/** The greatest that limits.max_batch_bytes can be: a worker has inflated the batch before, under that limit. */
const MAX_BATCH_BYTES = 2 ** 30

/** The first batch as if it had never been compressed; its checksum is not that of its bytes then. */
async function plainBatch(recordSet: Buffer): Promise<Buffer> {
  const codec = codecs[recordSet.readInt16BE(ATTRIBUTES_AT) & CODEC_MASK]
  if (codec === undefined || codec === 'none') return recordSet
  const end = PREFIX_BYTES + recordSet.readInt32BE(LENGTH_AT)
  await loadDecoder(codec)
  const records = decompress(codec, recordSet.subarray(RECORDS_AT, end), MAX_BATCH_BYTES)
  const batch = Buffer.concat([recordSet.subarray(0, RECORDS_AT), records])
  batch.writeInt32BE(batch.length - PREFIX_BYTES, LENGTH_AT)
  batch.writeInt16BE(batch.readInt16BE(ATTRIBUTES_AT) & ~CODEC_MASK, ATTRIBUTES_AT)
  return batch
}

/** The record at `offset` of a record set whose first batch holds it, or null when that batch does not. */
export async function findRawRecord(recordSet: Buffer, offset: number): Promise<RawRecord | null> {
  const { records } = await decodeRecordBatch(new Decoder(await plainBatch(recordSet)))
  const found = records.find(record => Number(record.offset) === offset)
  if (found === undefined) return null
  const headers = Object.entries(found.headers).flatMap(([name, value]) =>
    (Array.isArray(value) ? value : [value]).map(one => [name, one ?? null] as const),
  )
  return { key: found.key, value: found.value, headers, timestampMs: Number(found.timestamp) }
}

/** The offsets of the records that the first batch of a record set has; after compaction there are holes between them. */
export async function recordOffsets(recordSet: Buffer): Promise<number[]> {
  const { records } = await decodeRecordBatch(new Decoder(await plainBatch(recordSet)))
  return records.map(({ offset }) => Number(offset))
}

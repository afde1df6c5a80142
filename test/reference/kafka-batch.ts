/**
 * Encodes Kafka batches of magic 2 for tests, plainly. The decoders under test are src/parse/kafka-batch.ts and
 * src/kernel/assembly/kafka-record.ts.
 */
import { crc32c } from '@node-rs/crc32'
import { codecs } from '../../src/codecs/codec.ts'
import { compress } from '../../src/codecs/compress.ts'

export interface TestRecord {
  readonly value: Uint8Array | string | null
  readonly key?: Uint8Array | string | null
  readonly headers?: readonly (readonly [string | Uint8Array, string | Uint8Array | null])[]
  /** From the batch's base offset; the record's index unless told. */
  readonly offsetDelta?: number
  readonly timeDelta?: number
}

export interface TestBatch {
  readonly records: readonly TestRecord[]
  readonly baseOffset?: number
  /** The last record's unless told. */
  readonly lastOffsetDelta?: number
  readonly baseTimestamp?: number
  readonly maxTimestamp?: number
  readonly attributes?: number
  /** Compressed bytes in place of the records. */
  readonly body?: Uint8Array
  readonly recordCount?: number
  readonly magic?: number
  readonly producerId?: bigint
}

/** The marker that ends a transaction. */
export const marker = (producerId: bigint, isCommit: boolean, baseOffset: number): TestBatch => ({
  records: [{ key: Buffer.from([0, 0, 0, isCommit ? 1 : 0]), value: Buffer.alloc(6) }],
  baseOffset,
  attributes: CONTROL | TRANSACTIONAL,
  producerId,
})

export const GZIP = 1
export const SNAPPY = 2
export const LZ4 = 3
export const ZSTD = 4
export const LOG_APPEND_TIME = 8
export const TRANSACTIONAL = 16
export const CONTROL = 32

/** Zigzag varint. */
export function varint(value: number): Buffer {
  let bits = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const bytes: number[] = []
  while (bits > 127n) {
    bytes.push(Number(bits & 127n) | 128)
    bits >>= 7n
  }
  return Buffer.from([...bytes, Number(bits)])
}

const bytesOf = (text: Uint8Array | string): Buffer => Buffer.from(text as Uint8Array)

const field = (text: Uint8Array | string | null | undefined): Buffer =>
  text === null || text === undefined
    ? varint(-1)
    : Buffer.concat([varint(bytesOf(text).length), bytesOf(text)])

export function encodeRecord(record: TestRecord, index: number): Buffer {
  const headers = record.headers ?? []
  const body = Buffer.concat([
    Buffer.from([0]),
    varint(record.timeDelta ?? 0),
    varint(record.offsetDelta ?? index),
    field(record.key),
    field(record.value),
    varint(headers.length),
    ...headers.flatMap(([name, value]) => [field(name), field(value)]),
  ])
  return Buffer.concat([varint(body.length), body])
}

export function encodeBatch(batch: TestBatch): Buffer {
  const { records, attributes = 0, baseTimestamp = 1_700_000_000_000 } = batch
  const plain = Buffer.concat(records.map(encodeRecord))
  const body = batch.body ?? compress(codecs[attributes & 7] ?? 'none', plain)
  const lastDelta = records.length ? (records.at(-1)!.offsetDelta ?? records.length - 1) : 0
  const header = Buffer.alloc(61)
  header.writeBigInt64BE(BigInt(batch.baseOffset ?? 0), 0)
  header.writeInt32BE(49 + body.length, 8)
  header.writeInt8(batch.magic ?? 2, 16)
  header.writeInt16BE(attributes, 21)
  header.writeInt32BE(batch.lastOffsetDelta ?? lastDelta, 23)
  header.writeBigInt64BE(BigInt(baseTimestamp), 27)
  header.writeBigInt64BE(BigInt(batch.maxTimestamp ?? baseTimestamp), 35)
  header.writeBigInt64BE(batch.producerId ?? -1n, 43)
  header.writeInt16BE(-1, 51)
  header.writeInt32BE(-1, 53)
  header.writeInt32BE(batch.recordCount ?? records.length, 57)
  const encoded = Buffer.concat([header, body])
  encoded.writeUInt32BE(crc32c(encoded.subarray(21)), 17)
  return encoded
}

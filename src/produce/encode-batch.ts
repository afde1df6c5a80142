/**
 * Encodes Kafka's record batches (magic 2) from bytes, without an object per record. batcher.ts fills them,
 * source/kafka/producer.ts stamps and sends them.
 *
 * Layout (Kafka protocol, "Record Batch"): baseOffset i64 · batchLength i32 · partitionLeaderEpoch i32 · magic i8 ·
 * crc u32 (CRC-32C of what follows) · attributes i16 · lastOffsetDelta i32 · baseTimestamp i64 · maxTimestamp i64 ·
 * producerId i64 · producerEpoch i16 · baseSequence i32 · count i32 · records. A record: length varint ·
 * attributes i8 · timestampDelta varlong · offsetDelta varint · key, value (length varint, −1: null) · headers
 * (count varint, then key and value each). Varints are zigzag.
 */
import { crc32c } from '@node-rs/crc32'
import { type Codec, codecs } from '../codecs/codec.ts'
import { compress } from '../codecs/compress.ts'

const at = {
  batchLength: 8,
  leaderEpoch: 12,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  baseTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  producerEpoch: 51,
  baseSequence: 53,
  count: 57,
  records: 61,
} as const
const magic = 2
/** Most bytes of a record beside key, value and headers: six varints and the attributes. */
const recordOverheadBytes = 40

/** 16 KiB below what brokers take by default (message.max.bytes, 1,048,588). */
export const defaultBatchBytes = 1_032_192

/** Writes a zigzag varint of a 32-bit value; returns the place behind it. */
function writeVarint(buffer: Buffer, value: number, place: number): number {
  let bits = ((value << 1) ^ (value >> 31)) >>> 0
  while (bits > 0x7f) {
    buffer[place++] = (bits & 0x7f) | 0x80
    bits >>>= 7
  }
  buffer[place++] = bits
  return place
}

function varintBytes(value: number): number {
  const bits = ((value << 1) ^ (value >> 31)) >>> 0
  return bits === 0 ? 1 : Math.ceil((32 - Math.clz32(bits)) / 7)
}

/** A block of headers as records carry it: the count, then keys and values in UTF-8. */
export function encodeHeaders(headers: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(headers)
  const size = entries.reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value) + 10,
    5,
  )
  const block = Buffer.alloc(size)
  let place = writeVarint(block, entries.length, 0)
  for (const text of entries.flat()) {
    place = writeVarint(block, Buffer.byteLength(text), place)
    place += block.write(text, place)
  }
  return block.subarray(0, place)
}

export const noHeaders: Buffer = encodeHeaders({})

/** Grows by use, is emptied by reset(); one batch at a time. */
export class BatchEncoder {
  private buffer: Buffer
  private place: number = at.records
  private baseTimestamp = 0
  private maxTimestamp = 0
  /** Records in the batch. */
  count = 0
  /** The number that append() was given for each record, in the order of the offsets. */
  readonly indexes: number[] = []

  constructor(capacityBytes: number = defaultBatchBytes) {
    this.buffer = Buffer.allocUnsafe(capacityBytes)
  }

  /** Of the batch so far, uncompressed. */
  get bytes(): number {
    return this.place
  }

  /**
   * Appends a record whose value is source[start..end), or null. `timestampMs` is the record's Kafka time, `index`
   * any number of the caller's. False, and nothing happened, when the batch has no room; an empty one always has.
   */
  append(
    source: Buffer | null,
    start: number,
    end: number,
    key: Buffer | null,
    headers: Buffer,
    timestampMs: number,
    index: number,
  ): boolean {
    const needed = recordOverheadBytes + (end - start) + (key?.length ?? 0) + headers.length
    if (this.place + needed > this.buffer.length && !this.makeRoom(needed)) return false
    if (this.count === 0) this.baseTimestamp = this.maxTimestamp = timestampMs
    if (timestampMs > this.maxTimestamp) this.maxTimestamp = timestampMs
    const delta = timestampMs - this.baseTimestamp
    const keyLength = key === null ? -1 : key.length
    const valueLength = source === null ? -1 : end - start
    const length =
      1 +
      varintBytes(delta) +
      varintBytes(this.count) +
      varintBytes(keyLength) +
      Math.max(keyLength, 0) +
      varintBytes(valueLength) +
      Math.max(valueLength, 0) +
      headers.length
    let place = writeVarint(this.buffer, length, this.place)
    this.buffer[place++] = 0
    place = writeVarint(this.buffer, delta, place)
    place = writeVarint(this.buffer, this.count, place)
    place = writeVarint(this.buffer, keyLength, place)
    if (key !== null) place += key.copy(this.buffer, place)
    place = writeVarint(this.buffer, valueLength, place)
    if (source !== null) place += source.copy(this.buffer, place, start, end)
    this.place = place + headers.copy(this.buffer, place)
    this.count++
    this.indexes.push(index)
    return true
  }

  /** An empty batch takes a record of any size: the broker says whether it is too large. */
  private makeRoom(bytes: number): boolean {
    if (this.count > 0) return false
    this.buffer = Buffer.allocUnsafe(at.records + bytes)
    return true
  }

  /** The finished batch; valid until the next append or reset. */
  finish(codec: Codec): EncodedBatch {
    const records = this.buffer.subarray(at.records, this.place)
    const bytes =
      codec === 'none'
        ? this.buffer.subarray(0, this.place)
        : Buffer.concat([this.buffer.subarray(0, at.records), compress(codec, records)])
    bytes.writeBigInt64BE(0n, 0)
    bytes.writeInt32BE(bytes.length - at.leaderEpoch, at.batchLength)
    bytes.writeInt32BE(-1, at.leaderEpoch)
    bytes.writeInt8(magic, at.magic)
    bytes.writeInt16BE(codecs.indexOf(codec), at.attributes)
    bytes.writeInt32BE(this.count - 1, at.lastOffsetDelta)
    bytes.writeBigInt64BE(BigInt(this.baseTimestamp), at.baseTimestamp)
    bytes.writeBigInt64BE(BigInt(this.maxTimestamp), at.maxTimestamp)
    bytes.writeInt32BE(this.count, at.count)
    return new EncodedBatch(bytes, this.count)
  }

  /** Makes it empty again. */
  reset(): void {
    this.place = at.records
    this.count = 0
    this.indexes.length = 0
  }
}

/** A batch that lacks only the identity of its producer. */
export class EncodedBatch {
  private readonly bytes: Buffer
  readonly count: number

  constructor(bytes: Buffer, count: number) {
    this.bytes = bytes
    this.count = count
  }

  /** Its bytes with the producer's identity and the checksum; −1 for all three: not idempotent. May be called again. */
  stamp(producerId: bigint, producerEpoch: number, baseSequence: number): Buffer {
    this.bytes.writeBigInt64BE(producerId, at.producerId)
    this.bytes.writeInt16BE(producerEpoch, at.producerEpoch)
    this.bytes.writeInt32BE(baseSequence, at.baseSequence)
    this.bytes.writeUInt32BE(crc32c(this.bytes.subarray(at.attributes)), at.crc)
    return this.bytes
  }
}

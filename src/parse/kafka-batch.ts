/**
 * The header of a Kafka batch: what it says, and whether this version can read what follows.
 * The records behind it are the kernel's (src/kernel/assembly/kafka-record.ts). Neighbour: batch-walk.ts.
 *
 *   0 baseOffset i64 · 8 batchLength i32 · 12 partitionLeaderEpoch i32 · 16 magic i8 · 17 crc u32 · 21 attributes i16
 *   · 23 lastOffsetDelta i32 · 27 baseTimestamp i64 · 35 maxTimestamp i64 · 43 producerId i64 · 51 producerEpoch i16
 *   · 53 baseSequence i32 · 57 recordCount i32 · 61 records          big-endian; batchLength counts from 12
 *   (Kafka protocol guide, "Record Batch"; the CRC-32C covers everything from attributes on)
 */
import { crc32c } from '@node-rs/crc32'
import { type Codec, codecs } from '../codecs/codec.ts'

const LENGTH_AT = 8
const MAGIC_AT = 16
const CRC_AT = 17
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const PRODUCER_ID_AT = 43
const RECORD_COUNT_AT = 57
const HEADER_BYTES = 61
/** Offset and length, which batchLength does not count. */
const PREFIX_BYTES = 12

const CODEC_MASK = 7
const TRANSACTIONAL = 0x10
const CONTROL = 0x20

/** One header, read over and over into the same object. */
export class BatchHeader {
  address = 0
  /** Behind the batch. */
  end = 0
  baseOffset = 0
  lastOffset = 0
  crc = 0
  records = 0
  recordsAt = 0
  /** Bits of the attributes; `codec` has a name for five of them. */
  codecNumber = 0
  isControl = false
  isTransactional = false

  get codec(): Codec {
    return codecs[this.codecNumber] ?? 'none'
  }

  /** One past the last offset. */
  get nextOffset(): number {
    return this.lastOffset + 1
  }
}

/** Kafka's offsets fit a double (2^53). */
const readInt64 = (view: DataView, at: number): number => view.getInt32(at) * 2 ** 32 + view.getUint32(at + 4)

/** What is wrong with a batch: the partition halts in front of it. */
export interface BatchFault {
  readonly stop: 'corrupt' | 'unsupported'
  readonly reason: string
}

const corrupt = (reason: string): BatchFault => ({ stop: 'corrupt', reason })
const unsupported = (reason: string): BatchFault => ({ stop: 'unsupported', reason })

/** Reads the header at `address` of an input that ends at `end`; null when it is sound. */
export function readHeader(
  view: DataView,
  address: number,
  end: number,
  header: BatchHeader,
): BatchFault | null {
  if (end - address < MAGIC_AT + 1) return corrupt('the input ends inside a batch header')
  const length = view.getInt32(address + LENGTH_AT)
  const magic = view.getInt8(address + MAGIC_AT)
  if (magic === 0 || magic === 1) return unsupported(`message format ${magic}, from before Kafka 0.11`)
  if (magic !== 2) return corrupt(`magic ${magic}`)
  if (length < HEADER_BYTES - PREFIX_BYTES || length > end - address - PREFIX_BYTES) {
    return corrupt(`batch length ${length} with ${end - address - PREFIX_BYTES} bytes left`)
  }
  const attributes = view.getInt16(address + ATTRIBUTES_AT)
  header.address = address
  header.end = address + PREFIX_BYTES + length
  header.baseOffset = readInt64(view, address)
  header.lastOffset = header.baseOffset + view.getInt32(address + LAST_OFFSET_DELTA_AT)
  header.crc = view.getUint32(address + CRC_AT)
  header.records = view.getInt32(address + RECORD_COUNT_AT)
  header.recordsAt = address + HEADER_BYTES
  header.isControl = (attributes & CONTROL) !== 0
  header.isTransactional = (attributes & TRANSACTIONAL) !== 0
  header.codecNumber = attributes & CODEC_MASK
  if (header.lastOffset < header.baseOffset || header.baseOffset < 0)
    return corrupt('its offsets run backwards')
  return header.records < 0 ? corrupt(`${header.records} records`) : null
}

/** Does the checksum hold? `bytes` is all of the arena. */
export const isChecksumRight = (bytes: Buffer, header: BatchHeader): boolean =>
  crc32c(bytes.subarray(header.address + ATTRIBUTES_AT, header.end)) === header.crc

/** The feature of a data batch that this version does not read, or null. To be asked when the checksum holds. */
export const unreadFeature = ({ codecNumber }: BatchHeader): BatchFault | null =>
  codecNumber < codecs.length ? null : unsupported(`compression codec ${codecNumber}`)

export const producerIdOf = (view: DataView, { address }: BatchHeader): bigint =>
  view.getBigInt64(address + PRODUCER_ID_AT)

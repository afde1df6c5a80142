/**
 * Reads a Fetch response, version 11, where it lies in the arena, and walks the Kafka batches of a record set.
 * Grammar: apache/kafka clients/src/main/resources/common/message/FetchResponse.json; KIP-98 for the batch header.
 *
 *   body      = throttle_time_ms i32, error_code i16, session_id i32, [topic]
 *   topic     = name string, [partition]
 *   partition = index i32, error_code i16, high_watermark i64, last_stable_offset i64, log_start_offset i64,
 *               [producer_id i64, first_offset i64], preferred_read_replica i32, records bytes
 *   batch     = base_offset i64, length i32, leader_epoch i32, magic i8, crc u32, attributes i16,
 *               last_offset_delta i32, … records i32 at 57, …
 */

export interface FetchedPartition {
  readonly topic: string
  readonly partition: number
  readonly errorCode: number
  readonly highWatermark: number
  /** Under read_committed nothing is handed out from here on; −1 under read_uncommitted. */
  readonly lastStable: number
  readonly logStart: number
  /** Address and length of the list of transactions that overlap the records and were aborted: [producer_id, first_offset]. */
  readonly abortedAt: number
  readonly abortedCount: number
  /** Address and size of the record set in the view. */
  readonly address: number
  readonly bytes: number
}

export interface FetchResponse {
  readonly throttleMs: number
  readonly errorCode: number
  readonly partitions: readonly FetchedPartition[]
}

const ABORTED_BYTES = 16

/** @throws RangeError when the frame ends before its grammar does */
export function readFetchResponse(view: DataView, address: number, bytes: number): FetchResponse {
  const cursor = new Cursor(view, address, address + bytes)
  const throttleMs = cursor.int32()
  const errorCode = cursor.int16()
  cursor.skip(4)
  const partitions: FetchedPartition[] = []
  for (let topics = cursor.int32(); topics > 0; topics--) {
    const topic = cursor.string()
    for (let count = cursor.int32(); count > 0; count--) partitions.push(readPartition(cursor, topic))
  }
  return { throttleMs, errorCode, partitions }
}

function readPartition(cursor: Cursor, topic: string): FetchedPartition {
  const partition = cursor.int32()
  const errorCode = cursor.int16()
  const highWatermark = cursor.int64()
  const lastStable = cursor.int64()
  const logStart = cursor.int64()
  const abortedCount = Math.max(0, cursor.int32())
  const abortedAt = cursor.at
  cursor.skip(ABORTED_BYTES * abortedCount)
  cursor.skip(4)
  const bytes = Math.max(0, cursor.int32())
  const address = cursor.at
  cursor.skip(bytes)
  return {
    topic,
    partition,
    errorCode,
    highWatermark,
    lastStable,
    logStart,
    abortedAt,
    abortedCount,
    address,
    bytes,
  }
}

class Cursor {
  at: number
  private readonly view: DataView
  private readonly end: number

  constructor(view: DataView, at: number, end: number) {
    this.view = view
    this.at = at
    this.end = end
  }

  skip(bytes: number): void {
    this.at += bytes
    // A length below zero would lead back, and round and round.
    if (bytes < 0 || this.at > this.end) throw new RangeError('the Fetch response ends too early')
  }

  int16(): number {
    this.skip(2)
    return this.view.getInt16(this.at - 2)
  }

  int32(): number {
    this.skip(4)
    return this.view.getInt32(this.at - 4)
  }

  int64(): number {
    this.skip(8)
    return Number(this.view.getBigInt64(this.at - 8))
  }

  string(): string {
    const length = this.int16()
    this.skip(length)
    return Buffer.from(this.view.buffer, this.at - length, length).toString('utf8')
  }
}

/** Base offset and length stand before `length` bytes; the shortest batch has a header of 61 bytes in all. */
const BATCH_PREFIX_BYTES = 12
const BATCH_HEADER_BYTES = 61
/** A message of formats 0 and 1 has offset, size, and 14 bytes at least. */
const OLD_MESSAGE_BYTES = 26
const LAST_OFFSET_DELTA_AT = 23
const COUNT_AT = 57
const MAGIC_AT = 16
const CRC_AT = 17

export interface BatchOrder {
  /** May a batch begin at `offset`, where `expected` is? False: it is to be fetched again. */
  mayBegin(expected: number, offset: number): boolean
  /** May it end in front of `offset`, where its records end in front of `expected`? */
  mayEnd(expected: number, offset: number): boolean
}

export interface WholeBatches {
  /** Bytes of the whole batches at the front; a cut one may follow, or one that may not follow. */
  readonly bytes: number
  /** One past the last offset of the last whole batch, or null when there is none. */
  readonly nextOffset: number | null
  /** A batch that begins at an offset at which it may not stands behind them. */
  readonly isDoubtful: boolean
}

/**
 * Finds where the whole Kafka batches of a record set end: the broker cuts the last one at max_bytes.
 * A batch of an older message format (magic below 2) counts as reaching one past its base offset: the parser names it.
 * @param from the offset that was asked for
 */
export function wholeBatches(
  view: DataView,
  address: number,
  bytes: number,
  from: number,
  order: BatchOrder,
): WholeBatches {
  const end = address + bytes
  let at = address
  let nextOffset: number | null = null
  while (end - at >= OLD_MESSAGE_BYTES) {
    const size = BATCH_PREFIX_BYTES + view.getInt32(at + 8)
    const isOld = view.getInt8(at + MAGIC_AT) < 2
    if (size < (isOld ? OLD_MESSAGE_BYTES : BATCH_HEADER_BYTES) || size > end - at) break
    const base = Number(view.getBigInt64(at))
    const next = base + (isOld ? 0 : view.getInt32(at + LAST_OFFSET_DELTA_AT)) + 1
    // Its checksum is looked at later, and meanwhile the next Fetch is sent: where a bit flipped, to anywhere.
    const isExpected =
      isOld ||
      (order.mayBegin(nextOffset ?? from, base) && order.mayEnd(base + view.getInt32(at + COUNT_AT), next))
    if (!isExpected) return { bytes: at - address, nextOffset, isDoubtful: true }
    nextOffset = next
    at += size
  }
  return { bytes: at - address, nextOffset, isDoubtful: false }
}

/** Base offset and CRC-32C of the first batch of a record set, or null when not even its header is there. */
export function firstBatch(
  view: DataView,
  address: number,
  bytes: number,
): { baseOffset: number; crc: number } | null {
  if (bytes < BATCH_HEADER_BYTES) return null
  return { baseOffset: Number(view.getBigInt64(address)), crc: view.getUint32(address + CRC_AT) }
}

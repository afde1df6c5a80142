/**
 * The Kafka batches of a Fetch answer that a consumer would be handed, by their headers alone, for counting. Written anew
 * beside src/parse: a witness that shared the worker's code would share its faults. Neighbour: record-counts.ts.
 *
 *   base_offset i64 · length i32 · 12 leader_epoch i32 · 16 magic i8 · 17 crc u32 · 21 attributes i16 ·
 *   23 last_offset_delta i32 · 27 times 2 × i64 · 43 producer_id i64 · 51 epoch i16 · 53 sequence i32 · 57 records i32 · 61 …
 *   (Kafka protocol guide, "Record Batch"; aborted transactions: KIP-98)
 */
import { PipelineError } from '../../errors.ts'
import type { FetchedPartition } from './fetch-response.ts'

const LENGTH_AT = 8
const PREFIX_BYTES = 12
const MAGIC_AT = 16
const ATTRIBUTES_AT = 21
const LAST_OFFSET_DELTA_AT = 23
const PRODUCER_ID_AT = 43
const RECORDS_AT = 57
const HEADER_BYTES = 61
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const ABORTED_BYTES = 16
/** A marker's key is version i16, type i16; four varints and the attributes of its record stand in front. */
const TYPE_IN_KEY = 2
const VARINTS_AHEAD = 4
const ABORT = 0

/** One batch that lies whole in the view. */
export interface Batch {
  readonly address: number
  readonly bytes: number
  readonly baseOffset: number
  /** One past its last offset, also where compaction took its last records. */
  readonly nextOffset: number
  /** That it still has. */
  readonly records: number
  /** Its records are data, and of no transaction that was aborted. */
  readonly isVisible: boolean
}

/**
 * Every whole batch of the answer in order; the last one may be cut by the broker and is left out.
 * @throws PipelineError KAFKA_BATCH_UNSUPPORTED for formats 0 and 1, KAFKA_BATCH_CORRUPT for a header that cannot be
 */
export function* batchesOf(view: DataView, answer: FetchedPartition): Generator<Batch> {
  const aborted = new Aborted(view, answer)
  const end = answer.address + answer.bytes
  let expected = 0
  for (let address = answer.address; end - address > MAGIC_AT; ) {
    const bytes = PREFIX_BYTES + view.getInt32(address + LENGTH_AT)
    const baseOffset = Number(view.getBigInt64(address))
    const reason = faultOf(view, address, bytes)
    const { topic, partition } = answer
    if (reason !== null) throw new PipelineError(reason, { topic, partition, offset: baseOffset })
    if (bytes > end - address) return
    const attributes = view.getInt16(address + ATTRIBUTES_AT)
    const nextOffset = baseOffset + view.getInt32(address + LAST_OFFSET_DELTA_AT) + 1
    const records = view.getInt32(address + RECORDS_AT)
    if (baseOffset < expected || nextOffset <= baseOffset || records < 0 || records > nextOffset - baseOffset)
      throw new PipelineError('KAFKA_BATCH_CORRUPT', { topic, partition, offset: baseOffset })
    const isPassed = (attributes & TRANSACTIONAL) !== 0 && aborted.covers(address, bytes, nextOffset)
    const isVisible = (attributes & CONTROL) === 0 && !isPassed
    yield { address, bytes, baseOffset, nextOffset, records, isVisible }
    expected = nextOffset
    address += bytes
  }
}

function faultOf(
  view: DataView,
  address: number,
  bytes: number,
): 'KAFKA_BATCH_UNSUPPORTED' | 'KAFKA_BATCH_CORRUPT' | null {
  const magic = view.getInt8(address + MAGIC_AT)
  if (magic === 0 || magic === 1) return 'KAFKA_BATCH_UNSUPPORTED'
  return magic === 2 && bytes >= HEADER_BYTES ? null : 'KAFKA_BATCH_CORRUPT'
}

/** The transactions that the broker lists as aborted; under read_uncommitted it lists none. */
class Aborted {
  private readonly view: DataView
  /** Not begun yet, the earliest last. */
  private readonly ahead: { readonly producerId: bigint; readonly firstOffset: number }[] = []
  private readonly open = new Set<bigint>()

  constructor(view: DataView, { abortedAt, abortedCount }: FetchedPartition) {
    this.view = view
    for (let n = 0; n < abortedCount; n++) {
      const at = abortedAt + n * ABORTED_BYTES
      this.ahead.push({ producerId: view.getBigInt64(at), firstOffset: Number(view.getBigInt64(at + 8)) })
    }
    this.ahead.sort((a, b) => b.firstOffset - a.firstOffset)
  }

  /** Does the transactional batch belong to one of them? To be asked of each in order: markers end them. */
  covers(address: number, bytes: number, nextOffset: number): boolean {
    while (this.ahead.length > 0 && this.ahead.at(-1)!.firstOffset < nextOffset)
      this.open.add(this.ahead.pop()!.producerId)
    const producerId = this.view.getBigInt64(address + PRODUCER_ID_AT)
    const isAborted = this.open.has(producerId)
    if (isAborted && this.isAbortMarker(address, bytes)) this.open.delete(producerId)
    return isAborted
  }

  private isAbortMarker(address: number, bytes: number): boolean {
    const { view } = this
    if ((view.getInt16(address + ATTRIBUTES_AT) & CONTROL) === 0) return false
    const end = address + bytes
    let at = address + HEADER_BYTES
    // length, attributes (a byte, here like a varint of one), time delta, offset delta, key length
    for (let left = VARINTS_AHEAD + 1; left > 0 && at < end; at++) if (view.getUint8(at) < 0x80) left -= 1
    return at + TYPE_IN_KEY + 2 <= end && view.getInt16(at + TYPE_IN_KEY) === ABORT
  }
}

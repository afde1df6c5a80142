/**
 * How many records a consumer would see in ranges of offsets, asked of the broker anew: for `verify --kafka`. Reads all
 * bytes of the ranges, a few MiB at a time, and looks at no more than headers. Neighbours: visible-batches.ts, adapter.ts.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { PipelineError } from '../../errors.ts'
import type { KafkaAdapter } from './adapter.ts'
import { answerFailure } from './failure.ts'
import { type FetchedPartition, readFetchResponse } from './fetch-response.ts'
import { recordOffsets } from './raw-record.ts'
import { type Batch, batchesOf } from './visible-batches.ts'

/** From the first offset to one before the next. */
export interface OffsetRange {
  readonly firstOffset: number
  readonly nextOffset: number
}

export interface CountRequest {
  readonly topic: string
  readonly partition: number
  /** At least one, in ascending order, without overlap. */
  readonly ranges: readonly OffsetRange[]
  /** As the broker said lately: what lies below is not asked for. */
  readonly logStart: number
  /** Told after each answer: how far the count came. */
  readonly onProgress?: (offset: number) => void
}

export interface RecordCounts {
  /** By the index of the range. */
  readonly records: readonly number[]
  /** Below it the counts say nothing: the log begins there. */
  readonly from: number
  /** And from here on: the log ends there, or what is behind it is not handed out yet. */
  readonly to: number
}

type Kafka = Pick<KafkaAdapter, 'fetch' | 'leaderOf' | 'logStarts' | 'refreshMetadata'>

const FETCH_BYTES = 4 * 1024 * 1024
const FETCH_WAIT_MS = 1_000
/** A batch is no larger than the topic's max.message.bytes, an int; more than this is no answer to our Fetch. */
const MOST_FRAME_BYTES = 2 ** 30
const ATTEMPTS = 10
const RETRY_MS = 500
const OFFSET_OUT_OF_RANGE = 1

/**
 * Counts under the isolation of the adapter. Memory: one answer, and one inflated batch where a border lies inside it.
 * @throws PipelineError KAFKA_REQUEST_FAILED and its like after some attempts; KAFKA_BATCH_UNSUPPORTED, KAFKA_BATCH_CORRUPT
 */
export async function countRecords(kafka: Kafka, request: CountRequest): Promise<RecordCounts> {
  const { topic, partition, ranges, onProgress } = request
  const counter = new RangeCounter(ranges)
  const reader = new PartitionReader(kafka, topic, partition)
  const last = ranges.at(-1)!.nextOffset
  let from = Math.max(request.logStart, ranges[0]!.firstOffset)
  let at = from
  while (at < last) {
    const { answer, view } = await reader.read(at)
    if (answer.errorCode === OFFSET_OUT_OF_RANGE) {
      const start = await reader.logStart()
      if (start <= at) break
      // Retention was here in the meantime.
      from = start
      at = start
      continue
    }
    if (at >= readableEnd(answer)) break
    const before = at
    for (const batch of batchesOf(view, answer)) {
      if (batch.isVisible) await counter.add(batch, view)
      at = Math.max(at, batch.nextOffset)
    }
    // KIP-74: the first batch comes whole, however large it is.
    if (at === before) throw new PipelineError('KAFKA_BATCH_CORRUPT', { topic, partition, offset: at })
    onProgress?.(Math.min(at, last))
  }
  return { records: counter.records, from, to: Math.min(at, last) }
}

/** Spreads the records of batches over ranges; both come in ascending order. */
export class RangeCounter {
  readonly records: number[]
  private readonly ranges: readonly OffsetRange[]
  /** The first range that may get more. */
  private current = 0

  constructor(ranges: readonly OffsetRange[]) {
    this.ranges = ranges
    this.records = ranges.map(() => 0)
  }

  /** A batch is decoded only where a border lies inside it and not every one of its offsets has a record. */
  async add(batch: Batch, view: DataView): Promise<void> {
    const { ranges, records } = this
    while (this.current < ranges.length && ranges[this.current]!.nextOffset <= batch.baseOffset)
      this.current += 1
    const range = ranges[this.current]
    if (range === undefined) return
    if (range.firstOffset <= batch.baseOffset && batch.nextOffset <= range.nextOffset) {
      records[this.current]! += batch.records
      return
    }
    const isContiguous = batch.records === batch.nextOffset - batch.baseOffset
    const offsets = isContiguous ? null : await recordOffsets(bytesOf(view, batch))
    for (let n = this.current; n < ranges.length && ranges[n]!.firstOffset < batch.nextOffset; n++) {
      const first = Math.max(ranges[n]!.firstOffset, batch.baseOffset)
      const next = Math.min(ranges[n]!.nextOffset, batch.nextOffset)
      records[n]! += offsets?.filter(offset => offset >= first && offset < next).length ?? next - first
    }
  }
}

const bytesOf = (view: DataView, { address, bytes }: Batch): Buffer =>
  Buffer.from(view.buffer as ArrayBuffer, view.byteOffset + address, bytes)

/** Nothing is handed out from there on. Under read_uncommitted the last stable offset is −1. */
const readableEnd = ({ highWatermark, lastStable }: FetchedPartition): number =>
  lastStable < 0 ? highWatermark : Math.min(highWatermark, lastStable)

interface Read {
  readonly answer: FetchedPartition
  readonly view: DataView
}

/** Fetches of one partition into one buffer; a leader that moves, or an empty answer, is asked again. */
class PartitionReader {
  private readonly kafka: Kafka
  private readonly topic: string
  private readonly partition: number
  private buffer = Buffer.alloc(0)

  constructor(kafka: Kafka, topic: string, partition: number) {
    this.kafka = kafka
    this.topic = topic
    this.partition = partition
  }

  /** The answer at an offset: records, an end of the log, or OFFSET_OUT_OF_RANGE. Good until the next one. */
  async read(offset: number): Promise<Read> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.fetch(offset)
      } catch (error) {
        if (!(error instanceof PipelineError) || !error.retryable || attempt === ATTEMPTS) throw error
        await delay(RETRY_MS)
        await this.kafka.refreshMetadata()
      }
    }
  }

  async logStart(): Promise<number> {
    const { partition, topic } = this
    return (await this.kafka.logStarts(topic, [partition])).get(partition)!
  }

  private async fetch(offset: number): Promise<Read> {
    const { kafka, partition, topic } = this
    const facts = { request: 'Fetch', topic, partition, offset }
    const leader = kafka.leaderOf(topic, partition)
    if (leader === null) throw new PipelineError('KAFKA_REQUEST_FAILED', { ...facts, reason: 'no leader' })
    let bytes = 0
    const place = (size: number): Uint8Array | null => {
      if (size > MOST_FRAME_BYTES) return null
      if (size > this.buffer.length) this.buffer = Buffer.allocUnsafeSlow(size)
      bytes = size
      return this.buffer.subarray(0, size)
    }
    const partitions = [{ topic, partition, offset, maxBytes: FETCH_BYTES }]
    await kafka.fetch(leader, { maxWaitMs: FETCH_WAIT_MS, maxBytes: FETCH_BYTES, partitions }, { place })
    const view = new DataView(this.buffer.buffer, this.buffer.byteOffset, bytes)
    const { errorCode, partitions: answers } = readFetchResponse(view, 0, bytes)
    const [answer] = answers
    const code = answer?.errorCode || errorCode
    if (answer === undefined || (code !== 0 && code !== OFFSET_OUT_OF_RANGE)) throw answerFailure(code, facts)
    if (code === 0 && answer.bytes === 0 && offset < readableEnd(answer))
      throw new PipelineError('KAFKA_REQUEST_FAILED', { ...facts, reason: 'no records where there are some' })
    return { answer, view }
  }
}

/**
 * Collects records into one batch per partition and sends each when it is full or has waited long enough; one send
 * in flight per partition. produce.ts feeds it, source/kafka/producer.ts is the `send`.
 */
import type { Codec } from '../codecs/codec.ts'
import { BatchEncoder, type EncodedBatch } from './encode-batch.ts'
import { createPartitioner } from './partitioner.ts'

/** What the broker acknowledged. */
export interface BatchAck {
  readonly topic: string
  readonly partition: number
  /** Of the first record; the others follow without gaps. */
  readonly baseOffset: number
  readonly count: number
  /** For each record in the order of offsets, its number in the source, from 0. */
  readonly indexes: readonly number[]
}

export interface BatcherOptions {
  readonly topic: string
  readonly partitions: number
  readonly batchBytes: number
  readonly compression: Codec
  /** As encodeHeaders makes it; on every record. */
  readonly headers: Buffer
  readonly send: (partition: number, batch: EncodedBatch) => Promise<number>
  readonly onAck: (ack: BatchAck) => void
}

interface Lane {
  open: BatchEncoder | null
  readonly full: BatchEncoder[]
  isSending: boolean
}

/** Full batches that may wait for each partition before room() makes the caller wait. */
const waitingPerPartition = 1

export class Batcher {
  /** Records taken, acknowledged, and value bytes taken. */
  taken = 0
  acknowledged = 0
  bytes = 0
  private readonly options: BatcherOptions
  private readonly lanes: Lane[]
  private readonly choosePartition: (key: Uint8Array | null) => number
  private readonly spare: BatchEncoder[] = []
  private waiting = 0
  private sending = 0
  private failure: unknown = null
  private wake: (() => void) | null = null

  constructor(options: BatcherOptions) {
    this.options = options
    this.lanes = Array.from({ length: options.partitions }, () => ({
      open: null,
      full: [],
      isSending: false,
    }))
    this.choosePartition = createPartitioner(options.partitions)
  }

  /** Takes a record, copying its bytes. Never waits: call room() between every few hundred. */
  append(source: Buffer, start: number, end: number, key: Buffer | null): void {
    const partition = this.choosePartition(key)
    const lane = this.lanes[partition]!
    const nowMs = Date.now()
    lane.open ??= this.spare.pop() ?? new BatchEncoder(this.options.batchBytes)
    const { headers } = this.options
    if (!lane.open.append(source, start, end, key, headers, nowMs, this.taken)) {
      this.close(partition)
      lane.open = this.spare.pop() ?? new BatchEncoder(this.options.batchBytes)
      lane.open.append(source, start, end, key, headers, nowMs, this.taken)
    }
    this.taken++
    this.bytes += end - start
  }

  /** Sends what has been collected where nothing is in flight; for records that come slowly. */
  flush(): void {
    for (const [partition, lane] of this.lanes.entries())
      if (lane.open && !lane.isSending && lane.full.length === 0) this.close(partition)
  }

  /** Resolves when more may be taken. Throws what send threw. */
  room(): Promise<void> {
    return this.until(() => this.waiting <= this.options.partitions * waitingPerPartition)
  }

  /** Sends all; resolves when everything is acknowledged. Throws what send threw. */
  drain(): Promise<void> {
    for (const [partition, lane] of this.lanes.entries()) if (lane.open) this.close(partition)
    return this.until(() => this.waiting === 0 && this.sending === 0)
  }

  private async until(isTrue: () => boolean): Promise<void> {
    while (this.failure === null && !isTrue())
      await new Promise<void>(resolve => {
        this.wake = resolve
      })
    if (this.failure !== null) throw this.failure
  }

  private close(partition: number): void {
    const lane = this.lanes[partition]!
    if (!lane.open) return
    lane.full.push(lane.open)
    lane.open = null
    this.waiting++
    if (!lane.isSending) void this.sendAll(partition, lane)
  }

  private async sendAll(partition: number, lane: Lane): Promise<void> {
    const { topic, compression, send, onAck } = this.options
    lane.isSending = true
    this.sending++
    try {
      for (let batch = lane.full.shift(); batch && this.failure === null; batch = lane.full.shift()) {
        this.waiting--
        const baseOffset = await send(partition, batch.finish(compression))
        this.acknowledged += batch.count
        onAck({ topic, partition, baseOffset, count: batch.count, indexes: [...batch.indexes] })
        batch.reset()
        this.spare.push(batch)
        this.wake?.()
      }
    } catch (error) {
      this.failure ??= error
    } finally {
      lane.isSending = false
      this.sending--
      this.wake?.()
    }
  }
}

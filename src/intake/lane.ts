/**
 * The way of records to one partition: one batch in flight, and while it is, what comes forms the next one. So a
 * quiet intake answers after one round trip, and a busy one sends large batches. Neighbour: topic-writer.ts.
 */
import { type ErrorCode, PipelineError } from '../errors.ts'
import { BatchEncoder, defaultBatchBytes, type EncodedBatch, noHeaders } from '../produce/encode-batch.ts'
import type { Entry } from './ticket.ts'

export interface LaneOptions {
  readonly send: (batch: EncodedBatch) => Promise<unknown>
  /** The lane must not be used any more; `rest` was never sent. */
  readonly onBroken: (error: PipelineError, rest: Entry[]) => void
}

/** More than a record's own varints and attributes take. */
const RECORD_OVERHEAD_BYTES = 48
const HEADER_BYTES = 61
/** Kafka's codes for a batch that is too large: nothing of it was appended, and a smaller one may follow. */
const tooLargeCodes: readonly unknown[] = [10, 18]

const sizeOf = ({ start, end, key }: Entry): number =>
  end - start + (key?.length ?? 0) + RECORD_OVERHEAD_BYTES

export class Lane {
  private readonly options: LaneOptions
  private queue: Entry[] = []
  private running: Promise<void> | null = null
  private isBroken = false

  constructor(options: LaneOptions) {
    this.options = options
  }

  push(entry: Entry): void {
    this.queue.push(entry)
  }

  /** Sends what was pushed, unless a batch is in flight: that goes on by itself. */
  kick(): void {
    if (this.running === null && !this.isBroken) this.running = this.run()
  }

  /** Resolves when nothing is in flight and nothing waits for it. */
  async idle(): Promise<void> {
    await this.running
  }

  /** Lets go of what was withdrawn. */
  sweep(): void {
    this.queue = this.queue.filter(({ ticket, record }) => ticket.stateOf(record) === 'waiting')
  }

  private async run(): Promise<void> {
    for (let batch = this.take(); batch.length > 0; batch = this.take())
      try {
        await this.deliver(batch)
      } catch (error) {
        this.isBroken = true
        settleAll(batch, 'failed', asOurs(error).code)
        const rest = this.queue
        this.queue = []
        this.options.onBroken(asOurs(error), rest)
      }
    this.running = null
  }

  /** The next records that fit a batch; one that fits none goes alone. */
  private take(): Entry[] {
    this.sweep()
    let bytes = HEADER_BYTES
    let count = 0
    for (const entry of this.queue) {
      bytes += sizeOf(entry)
      if (bytes > defaultBatchBytes && count > 0) break
      count++
    }
    return this.queue.splice(0, count)
  }

  /** Throws when the partition must not be used any more. */
  private async deliver(batch: readonly Entry[]): Promise<void> {
    for (const { ticket, record } of batch) ticket.markSent(record)
    try {
      await this.options.send(encode(batch))
    } catch (error) {
      if (!isTooLarge(error)) throw error
      await this.deliverParts(batch)
      return
    }
    settleAll(batch, 'acknowledged')
  }

  /** Of a batch that is too large for the topic, each half; a record alone is refused. */
  private async deliverParts(batch: readonly Entry[]): Promise<void> {
    const half = Math.ceil(batch.length / 2)
    if (batch.length === 1) settleAll(batch, 'refused')
    else for (const part of [batch.slice(0, half), batch.slice(half)]) await this.deliver(part)
  }
}

function encode(batch: readonly Entry[]): EncodedBatch {
  const encoder = new BatchEncoder(batch.reduce((sum, entry) => sum + sizeOf(entry), HEADER_BYTES))
  for (const [index, { source, start, end, key, ticket }] of batch.entries())
    encoder.append(source, start, end, key, noHeaders, ticket.receivedMs, index)
  return encoder.finish('none')
}

function settleAll(
  batch: readonly Entry[],
  state: 'acknowledged' | 'refused' | 'failed',
  failure: ErrorCode | null = null,
): void {
  for (const { ticket, record } of batch) ticket.settle(record, state, failure)
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof PipelineError && tooLargeCodes.includes(error.context.errorCode)

const asOurs = (error: unknown): PipelineError =>
  error instanceof PipelineError ? error : new PipelineError('KAFKA_REQUEST_FAILED', {}, error)

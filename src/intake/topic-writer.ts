/**
 * The way of records to one topic: connects at the first record, spreads records over lanes, and connects anew when a
 * lane broke. A batch in flight is sent again for as long as the process lives, under the same sequence number, so a
 * Kafka that comes back has it once. Neighbours: lane.ts, intake.ts, source/kafka/producer.ts.
 *
 * idle → connecting → open; connecting → idle (it failed, what waited fails); open → idle (a lane broke)
 */
import { type ErrorCode, PipelineError } from '../errors.ts'
import { createPartitioner } from '../produce/partitioner.ts'
import type { Producer } from '../source/kafka/producer.ts'
import { Lane } from './lane.ts'
import type { Entry } from './ticket.ts'

export interface TopicWriterOptions {
  /** Aborted: gives up whatever it is doing. */
  readonly connect: (signal: AbortSignal) => Promise<Producer>
  readonly now?: () => number
}

interface Link {
  readonly producer: Producer
  readonly lanes: readonly Lane[]
  readonly choosePartition: (key: Uint8Array | null) => number
}

/** After a connection that failed, records fail at once for so long. */
const RETRY_AFTER_MS = 1_000

export class TopicWriter {
  private readonly options: TopicWriterOptions
  private readonly abort = new AbortController()
  private readonly now: () => number
  private link: Link | null = null
  private connecting: Promise<void> | null = null
  private waiting: Entry[] = []
  private readonly closing = new Set<Promise<void>>()
  private refusal: { readonly code: ErrorCode; readonly untilMs: number } | null = null

  constructor(options: TopicWriterOptions) {
    this.options = options
    this.now = options.now ?? Date.now
  }

  push(entries: readonly Entry[]): void {
    if (this.link !== null) this.route(this.link, entries)
    else if (this.refusal !== null && this.now() < this.refusal.untilMs) fail(entries, this.refusal.code)
    else {
      for (const entry of entries) this.waiting.push(entry)
      this.connecting ??= this.open()
    }
  }

  /** Lets go of what was withdrawn. */
  sweep(): void {
    this.waiting = this.waiting.filter(({ ticket, record }) => ticket.stateOf(record) === 'waiting')
    for (const lane of this.link?.lanes ?? []) lane.sweep()
  }

  /** Gives up what is in flight, settles everything and closes the connections. */
  async close(): Promise<void> {
    this.abort.abort()
    await this.connecting
    this.retire()
    await Promise.all(this.closing)
  }

  private async open(): Promise<void> {
    try {
      const producer = await this.options.connect(this.abort.signal)
      const { partitions } = producer
      const link: Link = {
        producer,
        choosePartition: createPartitioner(partitions),
        lanes: Array.from(
          { length: partitions },
          (_, partition) =>
            new Lane({
              send: batch => producer.send(partition, batch),
              onBroken: (error, rest) => this.broke(link, error, rest),
            }),
        ),
      }
      this.link = link
      this.refusal = null
      this.route(link, this.takeWaiting())
    } catch (error) {
      const code = error instanceof PipelineError ? error.code : 'KAFKA_REQUEST_FAILED'
      this.refusal = { code, untilMs: this.now() + RETRY_AFTER_MS }
      fail(this.takeWaiting(), code)
    } finally {
      this.connecting = null
    }
  }

  private takeWaiting(): Entry[] {
    const entries = this.waiting
    this.waiting = []
    return entries
  }

  private route({ choosePartition, lanes }: Link, entries: readonly Entry[]): void {
    const touched = new Set<Lane>()
    for (const entry of entries) {
      const lane = lanes[choosePartition(entry.key)]!
      lane.push(entry)
      touched.add(lane)
    }
    for (const lane of touched) lane.kick()
  }

  /** What was not sent goes by the next connection; the other lanes finish what is in flight. */
  private broke(link: Link, error: PipelineError, rest: Entry[]): void {
    if (this.link === link) this.retire()
    if (this.abort.signal.aborted) fail(rest, error.code)
    else if (rest.length > 0) this.push(rest)
  }

  private retire(): void {
    if (this.link === null) return
    const { producer, lanes } = this.link
    this.link = null
    const closing = closeWhenIdle(producer, lanes).finally(() => this.closing.delete(closing))
    this.closing.add(closing)
  }
}

function fail(entries: readonly Entry[], code: ErrorCode): void {
  for (const { ticket, record } of entries) ticket.settle(record, 'failed', code)
}

async function closeWhenIdle(producer: Producer, lanes: readonly Lane[]): Promise<void> {
  await Promise.all(lanes.map(lane => lane.idle()))
  await producer.close()
}

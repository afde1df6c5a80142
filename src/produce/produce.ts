/**
 * Produces records to a topic: from a seed or from lines, idempotent, acks=all, with keys and headers.
 * `logcollector produce`, the demo, tests and benches call it; batcher.ts and source/kafka/producer.ts do the work.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { Codec } from '../codecs/codec.ts'
import type { ClusterOptions } from '../source/kafka/client.ts'
import { connectProducer } from '../source/kafka/producer.ts'
import { type BatchAck, Batcher } from './batcher.ts'
import { defaultBatchBytes, encodeHeaders } from './encode-batch.ts'
import type { RecordSource } from './sources.ts'

export interface ProduceOptions extends Omit<ClusterOptions, 'clientId'> {
  readonly topic: string
  readonly source: RecordSource
  readonly clientId?: string
  /** Makes a missing topic with so many partitions; a missing topic is an error unless told. */
  readonly createPartitions?: number
  /** Of the batches; 'none' unless told. */
  readonly compression?: Codec
  /** On every record. */
  readonly headers?: Readonly<Record<string, string>>
  /** Most bytes of a batch before compression; 1,032,192 unless told. */
  readonly batchBytes?: number
  /** At most so many records a second; as fast as it goes unless told. */
  readonly recordsPerSecond?: number
  /** Until a batch that finds no willing broker ends the run, ms; 120,000 unless told. */
  readonly deliveryTimeoutMs?: number
  /** Awaited before records are read: it may hold them back. */
  readonly hold?: () => Promise<void>
  readonly onAck?: (ack: BatchAck) => void
  /** Twice a second. */
  readonly onProgress?: (progress: ProduceProgress) => void
  /** Aborted: nothing more is read; what was read is sent and acknowledged. */
  readonly signal?: AbortSignal
}

export interface ProduceProgress {
  readonly taken: number
  readonly acknowledged: number
  /** Of the values. */
  readonly bytes: number
  readonly elapsedMs: number
}

export interface ProduceSummary {
  /** All acknowledged. */
  readonly records: number
  readonly bytes: number
  readonly durationMs: number
  readonly recordsPerSecond: number
}

/** A record waits at most so long in a batch that does not fill. */
const lingerMs = 100
const progressEveryMs = 500
const defaultDeliveryTimeoutMs = 120_000
const recordsPerRead = 256
/** With a rate, a read takes no more than comes in this part of a second. */
const readsPerSecond = 20

/** Waits until the rate allows the records taken so far, or the signal aborts. */
async function pace(
  taken: number,
  recordsPerSecond: number,
  begin: number,
  signal?: AbortSignal,
): Promise<void> {
  const aheadMs = (taken / recordsPerSecond) * 1000 - (performance.now() - begin)
  // An abort rejects it, and the caller looks at the signal next.
  if (aheadMs > 1) await delay(aheadMs, null, signal ? { signal } : {}).catch(() => undefined)
}

/** Feeds the batcher from the source until one of them ends. */
async function feed(
  batcher: Batcher,
  { source, signal, recordsPerSecond, hold }: ProduceOptions,
): Promise<void> {
  const begin = performance.now()
  const append = batcher.append.bind(batcher)
  const stop = (): void => source.stop()
  signal?.addEventListener('abort', stop, { once: true })
  const linger = setInterval(() => batcher.flush(), lingerMs)
  const most = Math.min(recordsPerRead, Math.ceil((recordsPerSecond ?? Infinity) / readsPerSecond))
  try {
    await hold?.()
    while (!signal?.aborted && (await source.read(append, most))) {
      await batcher.room()
      await hold?.()
      if (recordsPerSecond !== undefined) await pace(batcher.taken, recordsPerSecond, begin, signal)
    }
    await batcher.drain()
  } finally {
    clearInterval(linger)
    signal?.removeEventListener('abort', stop)
    source.stop()
  }
}

/**
 * Produces until the source ends or the signal aborts; resolves when every record that was read is acknowledged.
 * Throws TOPIC_MISSING or KAFKA_REQUEST_FAILED; what was acknowledged before has been told to onAck.
 */
export async function produce(options: ProduceOptions): Promise<ProduceSummary> {
  const { brokers, tls, sasl, topic, onProgress } = options
  const producer = await connectProducer({
    brokers,
    ...(tls === undefined ? {} : { tls }),
    ...(sasl === undefined ? {} : { sasl }),
    topic,
    clientId: options.clientId ?? 'logcollector-produce',
    createPartitions: options.createPartitions ?? null,
    deliveryTimeoutMs: options.deliveryTimeoutMs ?? defaultDeliveryTimeoutMs,
  })
  const begin = performance.now()
  const batcher = new Batcher({
    topic,
    partitions: producer.partitions,
    batchBytes: options.batchBytes ?? defaultBatchBytes,
    compression: options.compression ?? 'none',
    headers: encodeHeaders(options.headers ?? {}),
    send: producer.send,
    onAck: options.onAck ?? (() => undefined),
  })
  const report = (): void => {
    const { taken, acknowledged, bytes } = batcher
    onProgress?.({ taken, acknowledged, bytes, elapsedMs: performance.now() - begin })
  }
  const reporting = setInterval(report, progressEveryMs)
  try {
    await feed(batcher, options)
  } finally {
    clearInterval(reporting)
    await producer.close()
  }
  report()
  const durationMs = performance.now() - begin
  const records = batcher.acknowledged
  return { records, bytes: batcher.bytes, durationMs, recordsPerSecond: (records / durationMs) * 1000 }
}

/**
 * The load of producers without their cost: batches are encoded before the time counts and sent again and again at a
 * rate, so that making records takes no CPU from what is measured on the same machine.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { BatchEncoder, type EncodedBatch, noHeaders } from '../../src/produce/encode-batch.ts'
import { connectProducer } from '../../src/source/kafka/producer.ts'
import { wellFormedRecords } from '../pipeline/records.ts'
import type { Ack } from './percentiles.ts'
import { clock } from './watch.ts'

export interface Load {
  readonly brokers: string
  readonly topic: string
  readonly recordsPerSecond: number
  readonly seconds: number
  readonly onProgress: (acknowledged: number) => void
}

export interface LoadResult {
  readonly acks: readonly Ack[]
  /** As it was; less than asked when the broker answered too late. */
  readonly recordsPerSecond: number
}

/** As long as Kafka's own producer waits for a batch to fill (linger.ms of 4.0 and later). */
export const LINGER_MS = 5
/** Different ones of each partition. */
const BATCHES = 8

/** A batch as a live producer makes it: its records are of the last few milliseconds. */
async function encode(records: number): Promise<EncodedBatch> {
  const encoder = new BatchEncoder()
  await wellFormedRecords(records, LINGER_MS).read((source, start, end, key) => {
    if (!encoder.append(source, start, end, key, noHeaders, Date.now(), encoder.count))
      throw new Error(
        `${records} records do not fit a batch: the rate is too high for one batch every ${LINGER_MS} ms`,
      )
  }, records)
  return encoder.finish('none')
}

/** Sends at this rate for so long. Throws what the producer throws. */
export async function sendReadyBatches(load: Load): Promise<LoadResult> {
  const { brokers, topic, recordsPerSecond, seconds } = load
  const producer = await connectProducer({
    brokers: brokers.split(','),
    topic,
    clientId: 'bench-latency',
    createPartitions: null,
    deliveryTimeoutMs: 30_000,
  })
  const { partitions } = producer
  const perBatch = Math.max(1, Math.round((recordsPerSecond * LINGER_MS) / 1000 / partitions))
  const everyMs = (perBatch * partitions * 1000) / recordsPerSecond
  const acks: Ack[] = []
  let acknowledged = 0
  const sendTo = async (
    partition: number,
    batches: readonly EncodedBatch[],
    begin: number,
  ): Promise<void> => {
    // Partitions take turns within the interval, as those of many producers would.
    const first = begin + (partition / partitions) * everyMs
    for (let n = 0; n * everyMs < seconds * 1000; n++) {
      const aheadMs = first + n * everyMs - clock()
      if (aheadMs > 0.5) await delay(aheadMs)
      const baseOffset = await producer.send(partition, batches[n % batches.length]!)
      acks.push({ at: clock(), partition, next: baseOffset + perBatch, records: perBatch })
      acknowledged += perBatch
      load.onProgress(acknowledged)
    }
  }
  try {
    const ready: EncodedBatch[][] = []
    for (let partition = 0; partition < partitions; partition++) {
      const own: EncodedBatch[] = []
      for (let n = 0; n < BATCHES; n++) own.push(await encode(perBatch))
      ready.push(own)
    }
    const begin = clock()
    await Promise.all(ready.map((batches, partition) => sendTo(partition, batches, begin)))
    return { acks, recordsPerSecond: (acknowledged * 1000) / (clock() - begin) }
  } finally {
    await producer.close()
  }
}

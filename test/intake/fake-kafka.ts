/** A producer that a test answers by hand, and an intake over it. */

import { PipelineError } from '../../src/errors.ts'
import type { Emit } from '../../src/events.ts'
import type { IntakeRequest } from '../../src/intake/contract.ts'
import { Intake, type IntakeOptions } from '../../src/intake/intake.ts'
import { Once } from '../../src/intake/once.ts'
import type { Producer, StampableBatch } from '../../src/source/kafka/producer.ts'

/** A batch that was sent and waits for its answer. */
export interface SentBatch {
  readonly partition: number
  readonly records: readonly { readonly key: string | null; readonly value: string }[]
  acknowledge(): void
  refuse(errorCode: number): void
}

export class FakeKafka {
  /** In the order of their sending. */
  readonly sent: SentBatch[] = []
  connections = 0
  /** Set: connecting fails with it. */
  trouble: Error | null = null
  /** Acknowledge at once. */
  isWilling = true
  private readonly partitions: number

  constructor(partitions = 1) {
    this.partitions = partitions
  }

  /** Values that were sent, in order. */
  get values(): string[] {
    return this.sent.flatMap(({ records }) => records.map(({ value }) => value))
  }

  readonly connect = async (_topic: string, signal: AbortSignal): Promise<Producer> => {
    if (this.trouble !== null) throw this.trouble
    this.connections++
    return {
      partitions: this.partitions,
      send: (partition, batch) => this.send(partition, batch, signal),
      close: async () => undefined,
    }
  }

  private send(partition: number, batch: StampableBatch, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      const refuse = (errorCode: number): void =>
        reject(new PipelineError('KAFKA_REQUEST_FAILED', { request: 'Produce', errorCode }))
      signal.addEventListener('abort', () => refuse(-1))
      const acknowledge = (): void => resolve(0)
      this.sent.push({ partition, records: decode(batch.stamp(1n, 0, 0)), acknowledge, refuse })
      if (this.isWilling) acknowledge()
    })
  }
}

/** The records of an uncompressed batch; layout: produce/encode-batch.ts. */
function decode(bytes: Buffer): { key: string | null; value: string }[] {
  let place = 61
  const varint = (): number => {
    let value = 0
    for (let shift = 0; ; shift += 7) {
      const byte = bytes[place++]!
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return (value >>> 1) ^ -(value & 1)
    }
  }
  const text = (): string | null => {
    const length = varint()
    if (length < 0) return null
    place += length
    return bytes.toString('utf8', place - length, place)
  }
  return Array.from({ length: bytes.readInt32BE(57) }, () => {
    const length = varint()
    const end = place + length
    place++
    varint()
    varint()
    const record = { key: text(), value: text() ?? '' }
    place = end
    return record
  })
}

const ignore: Emit = () => undefined

export function intakeOver(kafka: FakeKafka, options: Partial<IntakeOptions> = {}): Intake {
  return new Intake({
    topics: ['t', 'u'],
    maxBodyBytes: 100_000,
    maxRecordBytes: 50_000,
    keyField: '',
    inFlightBytes: 1_000_000,
    ackTimeoutMs: 5_000,
    connect: kafka.connect,
    pressure: () => ({ isHigh: false, retryAfterSeconds: 1 }),
    once: new Once({ windowMs: 60_000, shared: null }),
    emit: ignore,
    ...options,
  })
}

/** A request with these lines. */
export function lines(text: string, changes: Partial<IntakeRequest> = {}): IntakeRequest {
  return {
    topic: '',
    format: 'ndjson',
    encoding: '',
    body: (async function* () {
      yield Buffer.from(text)
    })(),
    recordKey: null,
    idempotencyKey: null,
    caller: '',
    ...changes,
  }
}

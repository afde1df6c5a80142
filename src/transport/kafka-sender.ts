/**
 * Sends lines to a Kafka topic, idempotent and acknowledged by all replicas in sync. Neighbours: sender.ts,
 * intake/topic-writer.ts, which does it.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { type Config, loadConfig } from '../config/index.ts'
import { messageOf, PipelineError } from '../errors.ts'
import { Ticket } from '../intake/ticket.ts'
import { TopicWriter } from '../intake/topic-writer.ts'
import { connectProducer } from '../source/kafka/producer.ts'
import { pauseMs, type Sender } from './sender.ts'

export interface KafkaSenderOptions {
  /** host:port of each; those of the configuration unless told. */
  readonly brokers?: readonly string[]
  /** A logcollector.yaml, for brokers that demand TLS or a login. */
  readonly config?: string
  readonly topic: string
  /** Kafka key of every record; none unless told. */
  readonly key?: string
}

/** Throws CONFIG_INVALID. */
export function createKafkaSender({ brokers, config, key, topic }: KafkaSenderOptions): Sender {
  const kafka = kafkaOf(brokers, config)
  const recordKey = key === undefined ? null : Buffer.from(key)
  const writer = new TopicWriter({
    connect: signal =>
      connectProducer({
        ...kafka,
        clientId: 'logcollector-pino',
        topic,
        createPartitions: null,
        deliveryTimeoutMs: Number.POSITIVE_INFINITY,
        signal,
      }),
  })
  const sendOnce = async (lines: readonly Buffer[], signal: AbortSignal): Promise<Ticket> => {
    const ticket = new Ticket(lines.length, Date.now())
    writer.push(
      lines.map((line, record) => ({
        source: line,
        start: 0,
        end: line.length,
        key: recordKey,
        ticket,
        record,
      })),
    )
    await settled(ticket, signal)
    return ticket
  }
  return {
    async send(lines, signal, onFailure) {
      let left = lines
      let rejected = 0
      for (let attempt = 0; ; attempt++) {
        const ticket = await sendOnce(left, signal)
        rejected += left.filter((_, record) => ticket.stateOf(record) === 'refused').length
        left = left.filter((_, record) => ticket.stateOf(record) === 'failed')
        if (left.length === 0)
          return { rejected, reason: rejected > 0 ? 'the topic takes no records that large' : '' }
        onFailure(
          ticket.failure === null ? 'Kafka did not answer' : messageOf(new PipelineError(ticket.failure)),
        )
        await delay(pauseMs(attempt), null, { signal })
      }
    },
    close: () => writer.close(),
  }
}

function kafkaOf(brokers: readonly string[] | undefined, file: string | undefined): Config['kafka'] {
  const overrides = brokers === undefined ? {} : { 'kafka.brokers': brokers.join(',') }
  return loadConfig({ file: file ?? null, overrides }).kafka
}

/** Rejects when the signal is aborted first. */
async function settled(ticket: Ticket, signal: AbortSignal): Promise<void> {
  let giveUp = (): void => undefined
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason)
  })
  signal.addEventListener('abort', giveUp)
  if (signal.aborted) giveUp()
  try {
    await Promise.race([ticket.settled, aborted])
  } finally {
    signal.removeEventListener('abort', giveUp)
  }
}

/**
 * The pino transport: `pino({ transport: { target: 'logcollector/pino-transport', options } })`. Lines go to the
 * intake of a LogCollector (url) or straight to Kafka (brokers, topic). docs/intake.md, "From pino".
 */
import { isMainThread, parentPort, workerData } from 'node:worker_threads'
import type { IntakeSenderOptions } from './intake-sender.ts'
import type { KafkaSenderOptions } from './kafka-sender.ts'
import type { Sender } from './sender.ts'
import { type Losses, type TransportLimits, TransportStream } from './transport.ts'

export type PinoTransportOptions = Partial<TransportLimits & IntakeSenderOptions & KafkaSenderOptions>

const defaults: TransportLimits = { bufferBytes: 8 * 2 ** 20, batchBytes: 256 * 1024, closeTimeoutMs: 5_000 }
/** The main thread waits for the end of a transport no longer than ten seconds (thread-stream). */
const MOST_CLOSE_MS = 9_000

/**
 * Makes the stream. In pino's worker, losses come out as the event 'logcollector:losses' of the transport; elsewhere
 * as an event of the stream itself. Throws Error for options that do not fit each other, CONFIG_INVALID for `config`.
 */
export default async function createTransport(options: PinoTransportOptions = {}): Promise<TransportStream> {
  check(options)
  const sender = await senderOf(options)
  const limits = { ...defaults, ...options }
  const stream: TransportStream = new TransportStream(sender, limits, losses => tell(stream, losses))
  return stream
}

function check(options: PinoTransportOptions): void {
  const { url, brokers, config, topic, apiKey } = options
  const toKafka = brokers !== undefined || config !== undefined
  if ((url === undefined) !== toKafka)
    throw fault('give either url (of a LogCollector) or brokers (of Kafka)')
  if (toKafka && topic === undefined) throw fault('brokers need a topic')
  if (toKafka && apiKey !== undefined) throw fault('apiKey goes with url')
  if (url !== undefined && !/^https?:\/\//.test(url)) throw fault('url must begin with http:// or https://')
  for (const name of Object.keys(defaults) as (keyof TransportLimits)[]) {
    const value = options[name] ?? defaults[name]
    if (!Number.isSafeInteger(value) || value <= 0) throw fault(`${name} must be a whole number above 0`)
  }
  if ((options.closeTimeoutMs ?? 0) > MOST_CLOSE_MS)
    throw fault(`closeTimeoutMs must be at most ${MOST_CLOSE_MS}`)
}

const fault = (problem: string): Error => new Error(`logcollector/pino-transport: ${problem}`)

async function senderOf({ topic, url, ...options }: PinoTransportOptions): Promise<Sender> {
  if (url !== undefined) {
    const { createIntakeSender } = await import('./intake-sender.ts')
    return createIntakeSender({ ...options, url, ...(topic === undefined ? {} : { topic }) })
  }
  const { createKafkaSender } = await import('./kafka-sender.ts')
  return createKafkaSender({ ...options, topic: topic! })
}

/** Is this the worker of a pino transport, and not another one that uses the stream by itself? */
const isTransportWorker =
  !isMainThread && (workerData as { stateBuf?: unknown } | null)?.stateBuf !== undefined

function tell(stream: TransportStream, losses: Losses): void {
  if (isTransportWorker)
    parentPort?.postMessage({ code: 'EVENT', name: 'logcollector:losses', args: [losses] })
  else stream.emit('logcollector:losses', losses)
  const { dropped, rejected, reason } = losses
  const why = reason === '' ? '' : `; the last: ${reason}`
  process.stderr.write(
    `logcollector/pino-transport: ${dropped} lines dropped, ${rejected} rejected so far${why}\n`,
  )
}

/**
 * A Kafka of a scenario's own with a second way in that leads through proxies, one for each broker: the program goes by
 * it, the producers and the oracle by the plain one.
 */
import { type Kafka, type KafkaOptions, startKafka } from '../../../stack/kafka.ts'
import { cleanUp } from '../../support/suite.ts'
import { FaultProxy } from './proxy.ts'

export interface ProxiedKafka {
  readonly kafka: Kafka
  /** In the order of the brokers. */
  readonly proxies: readonly FaultProxy[]
  /** host:port, separated by commas, of the proxies. */
  readonly address: string
}

const LISTENER = 'PROXIED'

/** Both end with the running suite. */
export async function startProxiedKafka(options: KafkaOptions = {}): Promise<ProxiedKafka> {
  const count = options.brokers ?? 1
  const proxies = await Promise.all(
    Array.from({ length: count }, () => FaultProxy.start({ protocol: 'kafka' })),
  )
  const listener = {
    name: LISTENER,
    protocol: 'PLAINTEXT',
    settings: {},
    advertisedPorts: proxies.map(({ port }) => port),
  } as const
  const kafka = await startKafka({ heapMiB: 384, ...options, listeners: [listener] })
  cleanUp(() => kafka.stop())
  const ports = kafka.addressOf(LISTENER).split(',')
  for (const [n, proxy] of proxies.entries()) proxy.targetPort = Number(ports[n]!.split(':')[1])
  return { kafka, proxies, address: proxies.map(({ port }) => `127.0.0.1:${port}`).join(',') }
}

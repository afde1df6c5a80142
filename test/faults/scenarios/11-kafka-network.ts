/**
 * The network between the program and Kafka, one broker behind a proxy: nothing moves and nothing is reset, the broker is
 * stopped, connections are reset, half-closed, refused, slow, again and again while records come.
 */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import type { Context } from '../context.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { type ProxiedKafka, startProxiedKafka } from '../proxy/proxied-kafka.ts'
import type { FaultProxy } from '../proxy/proxy.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 8_000
/** Longer than kafka.request_timeout here. */
const STALL_MS = 6_000
const REQUEST_TIMEOUT = '3s'
const SLOW_BYTES_PER_SECOND = 400_000
const SHORT_MS = 400

export const scenario = new Scenario({
  rows: [11],
  name: 'kafka-network',
  what: 'the network to Kafka stalls without a reset, a broker is stopped, connections are reset, half-closed, refused and slow',
  timeoutMs: 150_000,
})

interface Trouble {
  readonly name: string
  /** What goes wrong, until it is over. */
  readonly make: (proxy: FaultProxy, kafka: ProxiedKafka) => Promise<void>
}

/** The time itself is the fault. */
const lasting = async (ms: number, proxy: FaultProxy): Promise<void> => {
  await delay(ms)
  proxy.heal()
}

const troubles: readonly Trouble[] = [
  { name: 'reset', make: async proxy => void proxy.reset() },
  { name: 'end of the answers', make: async proxy => proxy.halfClose('down') },
  { name: 'end of the requests', make: async proxy => proxy.halfClose('up') },
  {
    name: 'answers that stall',
    make: async proxy => {
      proxy.stall(['down'])
      await lasting(STALL_MS, proxy)
    },
  },
  {
    name: 'refusal',
    make: async proxy => {
      proxy.refuse()
      await lasting(SHORT_MS, proxy)
    },
  },
  {
    name: 'everything stalls',
    make: async proxy => {
      proxy.stall()
      await lasting(STALL_MS, proxy)
    },
  },
  {
    name: 'a slow line',
    make: async proxy => {
      proxy.throttle(SLOW_BYTES_PER_SECOND)
      proxy.delay(20)
      await lasting(STALL_MS / 2, proxy)
    },
  },
  {
    name: 'a broker that is stopped',
    make: async (_, { kafka }) => {
      await kafka.kill('SIGSTOP')
      await delay(STALL_MS)
      await kafka.kill('SIGCONT')
    },
  },
]

async function allTroubles(
  context: Context,
  flow: Flow,
  instance: Instance,
  kafka: ProxiedKafka,
): Promise<void> {
  const [proxy] = kafka.proxies
  for (const { name, make } of context.shuffled(troubles)) {
    const begin = performance.now()
    await make(proxy!, kafka)
    context.injected()
    await instance.during(flow.flowing(`after ${name}`))
    console.log(`${name}: all flow after ${(performance.now() - begin).toFixed(0)} ms`)
  }
}

scenario.case('it waits no longer than its time-outs and goes on by itself', async context => {
  const kafka = await startProxiedKafka()
  const flow = await context.flow({ brokers: kafka.kafka.address })
  const instance = flow.start({ 'kafka.brokers': kafka.address, 'kafka.request_timeout': REQUEST_TIMEOUT })
  await instance.ready()
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  await instance.during(flow.flowing('at the start'))
  await allTroubles(context, flow, instance, kafka)
  await stopProducing()
  await instance.during(flow.caughtUp())
  await instance.ready()
  for (const event of ['source:partition:halted', 'supervisor:child:restarted'])
    assert.is(instance.events(event).length, 0, event)
  await flow.assertExactlyOnce()
})

/**
 * An unclean election: a replica that lacks the last records leads, and the log is shorter than what is stored, later longer
 * and another one. The partition halts; nothing that is stored is taken back, and nothing of the other log is mixed in.
 */
import * as assert from 'uvu/assert'
import { type Kafka, startKafka } from '../../../stack/kafka.ts'
import { createKafkaClient } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 2_000
const BROKERS = 3

export const scenario = new Scenario({
  rows: [15],
  name: 'unclean-election',
  what: 'a replica that lacks the last records is elected, and the log is cut',
  timeoutMs: 120_000,
})

interface Led {
  readonly leader: number
  readonly replicas: readonly number[]
  readonly isr: readonly number[]
}

async function ledBy(kafka: Kafka, topic: string): Promise<Led> {
  const admin = createKafkaClient(kafka.address).admin()
  await admin.connect()
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0]!.partitions[0]!
  } finally {
    await admin.disconnect()
  }
}

scenario.case('the partition halts in front of the other log', async context => {
  const kafka = await startKafka({
    brokers: BROKERS,
    heapMiB: 320,
    // A broker that comes back while another one is away counts as started.
    seen: 2,
    settings: { 'default.replication.factor': '2', 'unclean.leader.election.enable': 'true' },
  })
  cleanUp(() => kafka.stop())
  const flow = await context.flow({
    brokers: kafka.address,
    partitions: 1,
    topicSettings: { 'min.insync.replicas': '1' },
  })
  const instance = flow.start()
  await flow.produce({ records: RECORDS })
  await instance.during(flow.caughtUp())
  const { leader, replicas } = await ledBy(kafka, flow.topic)
  const follower = replicas.find(node => node !== leader)!
  await kafka.brokers[follower - 1]!.kill('SIGKILL')
  const isAlone = async () => (await ledBy(kafka, flow.topic)).isr.length === 1
  await instance.during(until(isAlone, { deadlineMs: 30_000, everyMs: 100, what: 'the follower is out' }))
  await flow.produce({ records: RECORDS })
  await instance.during(flow.caughtUp())
  const before = await flow.observer.positions()
  await kafka.brokers[leader - 1]!.kill('SIGKILL')
  await kafka.brokers[follower - 1]!.restart()
  context.injected()
  const isUnclean = async () => (await ledBy(kafka, flow.topic)).leader === follower
  await until(isUnclean, { deadlineMs: 40_000, everyMs: 100, what: 'the unclean election' })
  const isHalted = () => instance.events('source:partition:halted')[0]
  const halt = await instance.during(until(isHalted, { deadlineMs: 30_000, what: 'a halt' }))
  assert.ok(['OFFSET_OUT_OF_RANGE', 'FINGERPRINT_MISMATCH'].includes(String(halt.code)), String(halt.code))
  assert.equal(await flow.observer.positions(), before, 'nothing moves the position')
  const { ready } = await instance.readiness()
  assert.not(ready)
  await flow.assertExactlyOnce({ isAtEnd: false })
})

/**
 * Brokers that die under load, in a cluster of three: the leader of partitions, its return as preferred leader, the
 * coordinator of the group. The instance goes on by itself; nothing that was acknowledged is lost.
 */
import * as assert from 'uvu/assert'
import { type Kafka, startKafka } from '../../../stack/kafka.ts'
import { createKafkaClient } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import type { Context } from '../context.ts'
import type { Flow } from '../flow.ts'
import { coordinatorOf } from '../group.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const BROKERS = 3
const PARTITIONS = 6
const RECORDS_PER_SECOND = 8_000
const MOST_RECORDS = 1_000_000
/** Declaring a broker dead takes three seconds, an election of the controller before it a little more. */
const FAILOVER_DEADLINE_MS = 20_000
const RETURN_DEADLINE_MS = 20_000
export const scenario = new Scenario({
  rows: [8, 10],
  name: 'brokers',
  what: 'kill -9 of brokers of a cluster: the leader, its return as preferred leader, the coordinator of the group',
  timeoutMs: 100_000,
})

interface Led {
  readonly partition: number
  readonly leader: number
  readonly preferred: number
}

class Cluster {
  readonly kafka: Kafka
  readonly flow: Flow
  readonly instance: Instance

  private readonly context: Context

  constructor(kafka: Kafka, flow: Flow, context: Context) {
    this.context = context
    this.kafka = kafka
    this.flow = flow
    this.instance = flow.start()
  }

  async leaders(): Promise<Led[]> {
    const admin = createKafkaClient(this.kafka.address).admin()
    await admin.connect()
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.flow.topic] })
      return topics[0]!.partitions.map(({ partitionId, leader, replicas }) => ({
        partition: partitionId,
        leader,
        preferred: replicas[0]!,
      }))
    } finally {
      await admin.disconnect()
    }
  }

  /** kill -9 of a broker; what is committed afterwards comes over the others. */
  async kill(node: number): Promise<void> {
    const led = (await this.leaders()).filter(({ leader }) => leader === node)
    await this.kafka.brokers[node - 1]!.kill('SIGKILL')
    this.context.injected()
    const tookMs = await this.flowing()
    console.log(
      `kill -9 of broker ${node}, leader of ${led.length} partitions: all flow after ${tookMs.toFixed(0)} ms`,
    )
    assert.ok((await this.leaders()).every(({ leader }) => leader !== node))
  }

  /** Starts it again and waits until it leads what it should. */
  async revive(node: number): Promise<void> {
    await this.kafka.brokers[node - 1]!.restart()
    const isBack = async () => (await this.leaders()).every(({ leader, preferred }) => leader === preferred)
    await this.instance.during(
      until(isBack, { deadlineMs: RETURN_DEADLINE_MS, everyMs: 100, what: 'the preferred leaders lead' }),
    )
    console.log(`broker ${node} is back: all flow after ${(await this.flowing()).toFixed(0)} ms`)
  }

  /** Waits until every partition has committed records that were acknowledged after this moment. */
  private async flowing(): Promise<number> {
    const { instance, flow } = this
    const begin = performance.now()
    const before = new Map(flow.oracle.ends)
    const isFlowing = async () => {
      const now = await flow.observer.positions()
      const still = [...before].filter(([partition, end]) => (now.get(partition) ?? 0) <= end)
      if (still.length > 0)
        throw new Error(`no commit in ${still.map(([partition]) => partition).join(', ')}`)
      return true
    }
    await instance.during(
      until(isFlowing, { deadlineMs: FAILOVER_DEADLINE_MS, what: 'commits in every partition' }),
    )
    return performance.now() - begin
  }
}

scenario.case('the leader, its return as preferred leader, the coordinator of the group', async context => {
  const kafka = await startKafka({
    brokers: BROKERS,
    heapMiB: 320,
    settings: {
      'leader.imbalance.check.interval.seconds': '1',
      'leader.imbalance.per.broker.percentage': '0',
    },
  })
  cleanUp(() => kafka.stop())
  const flow = await context.flow({
    brokers: kafka.address,
    partitions: PARTITIONS,
    topicSettings: { 'min.insync.replicas': '2' },
  })
  const cluster = new Cluster(kafka, flow, context)
  await cluster.instance.ready()
  const producer = new AbortController()
  const producing = flow.produce({
    records: MOST_RECORDS,
    recordsPerSecond: RECORDS_PER_SECOND,
    signal: producer.signal,
  })
  const isSpread = () => flow.oracle.ends.size === PARTITIONS
  await cluster.instance.during(until(isSpread, { deadlineMs: 20_000, what: 'records everywhere' }))
  const coordinator = await coordinatorOf(flow.group, kafka.address)
  const victim = (await cluster.leaders()).find(({ leader }) => leader !== coordinator)!.leader
  await cluster.kill(victim)
  await cluster.revive(victim)
  await cluster.kill(await coordinatorOf(flow.group, kafka.address))
  producer.abort()
  const { records } = await producing
  assert.is(flow.oracle.records, records)
  await cluster.instance.during(flow.caughtUp())
  await cluster.instance.ready()
  assert.is(cluster.instance.events('source:partition:halted').length, 0)
  assert.is(cluster.instance.events('supervisor:child:restarted').length, 0)
  await flow.assertExactlyOnce()
})

/**
 * Sealing and retention beside a running ingest: records of many hours stream in again and again, while what is too old is
 * removed and what is over gets its indexes. Nothing is halted, and every row is either there or counted as removed.
 */
import { randomInt } from 'node:crypto'
import * as assert from 'uvu/assert'
import { produce } from '../../../src/produce/produce.ts'
import { createGeneratedSource } from '../../../src/produce/sources.ts'
import { verify } from '../../../src/store/verify/index.ts'
import { createKafkaClient } from '../../support/services.ts'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Observer } from '../observer.ts'
import { Scenario } from '../scenario.ts'

const HOUR_MS = 3_600_000
const HOURS = 36
const KEPT_HOURS = 12
const ROUNDS = 6
/** In a round, which takes a second. */
const RECORDS = 10_000
const OLD_PARTITION = 0
const OLD_RECORDS = 100
export const scenario = new Scenario({
  rows: [30],
  name: 'retention',
  what: 'segments made, sealed and removed under load',
  timeoutMs: 90_000,
})

scenario.case('two instances seal and remove while they ingest, and verify balances', async context => {
  const flow = await context.flow({
    settings: {
      'storage.segment': 'hour',
      'storage.retention': `${KEPT_HOURS}h`,
      'storage.seal_after': '1s',
      'storage.indexes': 'service,trace',
      'storage.maintenance_interval': '1s',
      'storage.verify_interval': '1s',
    },
  })
  const instances = [flow.start(), flow.start()]
  for (const instance of instances) await instance.ready()
  for (let round = 0; round < ROUNDS; round++) await produceAllHours(flow)
  await all(instances, flow.caughtUp())
  await all(
    instances,
    until(() => isTidy(flow), { deadlineMs: 40_000, everyMs: 200, what: 'a tidy storage' }),
  )
  await assertBalanced(flow)
  for (const instance of instances) {
    for (const event of ['source:partition:halted', 'supervisor:child:restarted', 'store:task:failed'])
      assert.equal(instance.events(event), [], event)
    const looks = instance.events('store:verify:completed')
    assert.ok(looks.every(({ ok }) => ok))
  }
  const removed = instances.flatMap(instance => instance.events('store:segment:removed'))
  console.log(
    `${removed.length} segments removed, ${count(instances, 'store:segment:sealed')} sealed,`,
    `${count(instances, 'store:removal:postponed')} times postponed,`,
    `${count(instances, 'sink:transaction:failed')} transactions tried again`,
  )
  assert.ok(removed.length >= HOURS - KEPT_HOURS - 1)
  context.injected(removed.length)
  for (const instance of instances) assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
})

scenario.case(
  'who waits for a removal that a reader holds up does not hold up other partitions',
  async context => {
    const flow = await context.flow({
      settings: {
        'postgres.writers': '1',
        'storage.retention': '24h',
        'storage.seal_after': '1s',
        'storage.maintenance_interval': '1s',
      },
    })
    await sendOld(flow, OLD_RECORDS)
    const reader = new Observer(flow.url, flow.topic)
    await reader.query('begin')
    const before = flow.start()
    await before.during(flow.caughtUp())
    await reader.query('select count(*) from logs')
    const isPostponed = () => before.events('store:removal:postponed').length > 0
    await before.during(until(isPostponed, { deadlineMs: 40_000, what: 'a removal that has to wait' }))
    assert.equal(await before.kill('SIGTERM'), { code: 0, signal: null })
    await sendOld(flow, OLD_RECORDS)
    await flow.produce({ records: RECORDS })
    // It does not know the segment yet, and has to ask for it.
    const instance = flow.start()
    const others = new Map([...flow.oracle.ends].filter(([partition]) => partition !== OLD_PARTITION))
    const areStored = async () => {
      const positions = await flow.observer.positions()
      return [...others].every(([partition, end]) => positions.get(partition) === end)
    }
    await instance.during(until(areStored, { deadlineMs: 20_000, what: 'the other partitions' }))
    const positions = await flow.observer.positions()
    assert.is(positions.get(OLD_PARTITION), OLD_RECORDS, 'the segment is being removed still')
    context.injected()
    await reader.query('commit')
    await instance.during(flow.caughtUp())
    const { checks } = await verify(flow.url, { sinceMs: null })
    assert.equal(
      checks.flatMap(({ findings }) => findings),
      [],
    )
    assert.equal(instance.events('source:partition:halted'), [])
    assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  },
)

/** Records that retention has done with, all in one partition. */
async function sendOld({ oracle, topic }: Flow, records: number): Promise<void> {
  const ts = new Date(Date.now() - 3 * 24 * HOUR_MS).toISOString()
  const indexes = Array.from({ length: records }, (_, n) => n)
  const producer = createKafkaClient().producer()
  await producer.connect()
  const messages = indexes.map(n => ({
    partition: OLD_PARTITION,
    value: JSON.stringify({ ts, msg: `old ${n}` }),
  }))
  const [ack] = await producer.send({ topic, messages })
  await producer.disconnect()
  const baseOffset = Number(ack!.baseOffset)
  oracle.add({ topic, partition: OLD_PARTITION, baseOffset, count: records, indexes }, () => null)
}

/** Records of every hour in turn: most of them of a time that is being removed. */
const produceAllHours = (flow: Flow): Promise<unknown> =>
  produce({
    brokers: flow.brokers.split(','),
    topic: flow.topic,
    source: createGeneratedSource({
      seed: randomInt(1, 2 ** 30),
      records: RECORDS,
      startMs: Date.now() - HOURS * HOUR_MS,
      spanMs: HOURS * HOUR_MS,
      keys: false,
    }),
    recordsPerSecond: RECORDS,
    batchBytes: 32 * 1024,
    onAck: ack => flow.oracle.add(ack, String),
  })

const all = async <T>(instances: readonly Instance[], wait: Promise<T>): Promise<void> => {
  await Promise.all(instances.map(instance => instance.during(wait)))
}

const count = (instances: readonly Instance[], event: string): number =>
  instances.reduce((sum, instance) => sum + instance.events(event).length, 0)

/** Everything too old is gone, and everything that is over is sealed. */
async function isTidy({ observer }: Flow): Promise<boolean> {
  const rows = await observer.query<{ segment: string; state: string }>(
    `select segment, state from segments
     where to_ts <= now() - interval '${KEPT_HOURS} hours' or (to_ts < now() - interval '1 minute' and state <> 'sealed')`,
  )
  if (rows.length > 0) throw new Error(rows.map(({ segment, state }) => `${segment} ${state}`).join(', '))
  return true
}

async function assertBalanced({ observer, oracle, url }: Flow): Promise<void> {
  const { checks } = await verify(url, { sinceMs: null })
  assert.equal(
    checks.flatMap(({ findings }) => findings),
    [],
  )
  const [sums] = await observer.query<{ stored: string; dead: string; removed: string; rows: string }>(
    `select (select sum(stored) from ingest_ledger) as stored, (select count(*) from dead_letters) as dead,
       (select sum(rows) from removed_rows) as removed, (select count(*) from logs) as rows`,
  )
  assert.is(Number(sums!.stored) + Number(sums!.dead), oracle.records)
  assert.is(Number(sums!.rows) + Number(sums!.removed), Number(sums!.stored))
  assert.ok(Number(sums!.removed) > 0)
  assert.ok(Number(sums!.rows) > 0)
}

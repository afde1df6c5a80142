/**
 * Sealing and retention beside a running ingest: records of many hours stream in again and again, while what is too old is
 * removed and what is over gets its indexes. Nothing is halted, and every row is either there or counted as removed.
 */
import { randomInt } from 'node:crypto'
import * as assert from 'uvu/assert'
import { produce } from '../../../src/produce/produce.ts'
import { createGeneratedSource } from '../../../src/produce/sources.ts'
import { verify } from '../../../src/store/verify/index.ts'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const HOUR_MS = 3_600_000
const HOURS = 36
const KEPT_HOURS = 12
const ROUNDS = 6
/** In a round, which takes a second. */
const RECORDS = 10_000
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

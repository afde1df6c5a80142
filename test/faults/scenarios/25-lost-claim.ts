/**
 * A claim that a failover lost: another token stands in `offsets`, and the group still assigns the partition to the
 * instance. It is fenced, claims again after a few heartbeats, and leaves its other partitions alone.
 */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import type { Context } from '../context.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 1_000
const PARTITIONS = 3
const LOSSES = 3
const RECORDS_UNDER_LOAD = 75_000
const RECORDS_PER_SECOND = 15_000
/** Quiet partitions are compared with the database every ten seconds. */
const IDLE_DEADLINE_MS = 15_000
/** Under load the next commit tells, and two heartbeats of half a second later the claim is made. */
const BUSY_DEADLINE_MS = 5_000
export const scenario = new Scenario({
  rows: [25],
  name: 'lost-claim',
  what: 'a failover that loses a claim: another token stands in the database',
  timeoutMs: 60_000,
})

/** Writes another token for a partition and returns the milliseconds until the instance has claimed it again. */
async function loseClaim(flow: Flow, instance: Instance, partition: number, deadlineMs: number) {
  const { observer } = flow
  const before = await observer.owners()
  const stranger = randomUUID()
  const lostAt = performance.now()
  await observer.query(
    `update offsets set owner_token = $1 where kafka_partition = $2
       and topic_id in (select topic_id from topics where topic = $3)`,
    [stranger, partition, flow.topic],
  )
  const isClaimed = async () => (await observer.owners())[partition] !== stranger
  await instance.during(until(isClaimed, { deadlineMs, what: `a new claim of partition ${partition}` }))
  const tookMs = performance.now() - lostAt
  const after = await observer.owners()
  assert.not(after[partition] === before[partition], 'the token is a new one')
  for (const [other, owner] of after.entries())
    if (other !== partition) assert.is(owner, before[other], `partition ${other} was claimed too`)
  return tookMs
}

async function startFlow(context: Context): Promise<{ flow: Flow; instance: Instance }> {
  const flow = await context.flow({ partitions: PARTITIONS })
  await flow.produce({ records: RECORDS })
  const instance = flow.start()
  await instance.during(flow.caughtUp())
  return { flow, instance }
}

async function whileIdle(context: Context): Promise<void> {
  const { flow, instance } = await startFlow(context)
  const tookMs = await loseClaim(flow, instance, 1, IDLE_DEADLINE_MS)
  context.injected()
  console.log(`claimed again after ${tookMs.toFixed(0)} ms without traffic`)
  await flow.produce({ records: RECORDS })
  await finish(flow, instance)
}

async function underLoad(context: Context): Promise<void> {
  const { flow, instance } = await startFlow(context)
  const producing = flow.produce({ records: RECORDS_UNDER_LOAD, recordsPerSecond: RECORDS_PER_SECOND })
  const times: number[] = []
  for (let loss = 0; loss < LOSSES; loss++) {
    times.push(await loseClaim(flow, instance, loss % PARTITIONS, BUSY_DEADLINE_MS))
    context.injected()
  }
  console.log(`claimed again after ${times.map(ms => ms.toFixed(0)).join(', ')} ms under load`)
  assert.ok(flow.oracle.records < RECORDS + RECORDS_UNDER_LOAD, 'records came all the while')
  assert.ok((await instance.metric('fenced_writers_total')) >= LOSSES, 'each loss was noticed at a commit')
  await producing
  await finish(flow, instance)
}

async function finish(flow: Flow, instance: Instance): Promise<void> {
  await instance.during(flow.caughtUp())
  await instance.ready()
  await flow.assertExactlyOnce()
}

// At once, because the first one mostly waits.
scenario.case('is made again, while nothing is produced and under load', async context => {
  await Promise.all([whileIdle(context), underLoad(context)])
})

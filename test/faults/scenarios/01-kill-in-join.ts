/**
 * kill -9 of an instance that has asked to join and was not let in yet: the group assigns partitions to a dead member.
 * The other one keeps its own, and has the rest back when the session of the dead one is over.
 */
import * as assert from 'uvu/assert'
import { createKafkaClient } from '../../support/services.ts'
import { until } from '../../support/wait.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 60_000
const RECORDS_PER_SECOND = 6_000
/** The member that is there notices a join at its next heartbeat: until then the other one waits. */
const heartbeats = { 'kafka.heartbeat_interval': '1900ms' } as const
export const scenario = new Scenario({
  rows: [1, 7],
  name: 'kill-in-join',
  what: 'kill -9 of an instance that has asked to join the group and was not let in yet',
  timeoutMs: 60_000,
})

scenario.case('nothing is lost, nothing is stored twice, and the one that stays takes all', async context => {
  const flow = await context.flow({ partitions: 4, settings: heartbeats })
  const staying = flow.start()
  await staying.ready()
  const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
  const admin = createKafkaClient().admin()
  await admin.connect()
  try {
    const joining = flow.start()
    const isJoining = async () => {
      const { groups } = await admin.describeGroups([flow.group])
      return groups[0]?.state === 'PreparingRebalance'
    }
    await joining.during(until(isJoining, { deadlineMs: 20_000, everyMs: 5, what: 'a join under way' }))
    await joining.kill('SIGKILL')
    context.injected()
    assert.is(joining.events('source:group:joined').length, 0, 'it was killed before it was a member')
  } finally {
    await admin.disconnect()
  }
  await producing
  await staying.during(flow.caughtUp(30_000))
  await staying.ready()
  const joins = staying.events('source:group:joined').map(({ partitions }) => partitions)
  assert.ok(joins.includes(2), `the dead one was given partitions: ${joins.join(', ')}`)
  assert.is(joins.at(-1), 4)
  await flow.assertExactlyOnce()
  assert.equal(await staying.kill('SIGTERM'), { code: 0, signal: null })
})

/**
 * The line to Postgres is slow for longer than the session time-out of the group, and late: less is stored, no partition
 * moves, and afterwards it is made up for.
 */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { FaultProxy } from '../proxy/proxy.ts'
import { Scenario } from '../scenario.ts'

const BACKLOG = 60_000
const BYTES_PER_SECOND = 400_000
const SLOW_MS = 8_000

export const scenario = new Scenario({
  rows: [22],
  name: 'throttled-postgres',
  what: 'the line to Postgres passes 400 kB/s and delays every message, for longer than the session time-out',
  timeoutMs: 60_000,
})

scenario.case('backpressure, and no rebalance', async context => {
  const flow = await context.flow({ partitions: 2 })
  const proxy = await FaultProxy.before(flow.url, 'postgres')
  await flow.produce({ records: BACKLOG })
  const instance = flow.start({ 'postgres.url': proxy.through(flow.url), 'sink.transaction_bytes': '1MiB' })
  await instance.ready()
  proxy.throttle(BYTES_PER_SECOND)
  proxy.delay(5)
  await flow.produce({ records: BACKLOG })
  // The time itself is the fault.
  await instance.during(delay(SLOW_MS))
  const left = await flow.lag()
  assert.ok(left > 0, 'a backlog was left')
  proxy.heal()
  context.injected()
  await instance.during(flow.caughtUp())
  await instance.ready()
  assert.is(instance.events('source:group:joined').length, 1, 'a rebalance')
  for (const event of ['sink:transaction:failed', 'source:partition:halted', 'supervisor:child:restarted'])
    assert.is(instance.events(event).length, 0, event)
  await flow.assertExactlyOnce()
})

/**
 * A Postgres that is locked for longer than the session time-out of the group, and one that is slow: the heartbeats live
 * on, no partition moves, memory keeps its bound, and when it is over the program catches up by itself.
 * LOGCOLLECTOR_TEST_LOCK_SECONDS=60 locks for so long.
 */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { peakRssBytes } from '../../../native-bench/process-usage.ts'
import { until } from '../../support/wait.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const MIB = 2 ** 20
const BUDGET_MIB = 256
const LOCK_SECONDS = Number(process.env.LOGCOLLECTOR_TEST_LOCK_SECONDS ?? 15)
const RECORDS_PER_SECOND = 5_000
const BACKLOG = 250_000
const SLOW_SECONDS = 6
const HEARTBEAT_MS = 500
export const scenario = new Scenario({
  rows: [22],
  name: 'slow-postgres',
  what: 'logs locked for longer than the session time-out of the group; every COPY a second slower',
  timeoutMs: (LOCK_SECONDS + 75) * 1000,
})
const bounded = { workers: '2', 'memory.budget': `${BUDGET_MIB}MiB` } as const

/** It joined once and stayed, and is not larger than it may be. */
function assertUndisturbed(instance: Instance): void {
  assert.is(instance.events('source:group:joined').length, 1, 'a rebalance')
  for (const event of ['source:group:crashed', 'source:partition:halted', 'supervisor:child:restarted'])
    assert.is(instance.events(event).length, 0, event)
  const peakMiB = peakRssBytes(instance.pid) / MIB
  assert.ok(peakMiB <= BUDGET_MIB, `${peakMiB.toFixed(0)} MiB are over ${BUDGET_MIB} MiB`)
}

scenario.case(
  `logs is locked for ${LOCK_SECONDS} s while records come, with a session time-out of 6 s`,
  async context => {
    const flow = await context.flow({ settings: bounded })
    const { observer } = flow
    const instance = flow.start()
    const records = RECORDS_PER_SECOND * (LOCK_SECONDS + 2)
    const producing = flow.produce({ records, recordsPerSecond: RECORDS_PER_SECOND })
    const isFlowing = async () => (await observer.committed()) > 0
    await instance.during(until(isFlowing, { deadlineMs: 20_000, what: 'commits' }))
    await observer.query('begin')
    await observer.query('lock table logs in access exclusive mode')
    const before = await observer.committed()
    await instance.during(observer.query(`select pg_sleep(${LOCK_SECONDS})`))
    assert.is(await observer.committed(), before, 'nothing could be committed')
    await observer.query('rollback')
    context.injected()
    const healedAt = performance.now()
    await producing
    await instance.during(flow.caughtUp())
    await instance.ready()
    console.log(`caught up ${((performance.now() - healedAt) / 1000).toFixed(1)} s after the lock`)
    assertUndisturbed(instance)
    await flow.assertExactlyOnce()
    assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  },
)

/** Every COPY takes so many seconds more, until the table says otherwise. */
const SLOW = `
  create table slowness (seconds double precision not null);
  insert into slowness values (1);
  create function take_time() returns trigger language plpgsql as $$
  begin perform pg_sleep(seconds) from logcollector.slowness; return null; end $$;
  create trigger slow after insert on logs for each statement execute function take_time()`

scenario.case(
  'every COPY takes a second more: less is stored, nobody notices but the lag, and then it is made up for',
  async context => {
    const settings = { ...bounded, 'sink.transaction_bytes': '1MiB' }
    const flow = await context.flow({ settings })
    const { observer } = flow
    await observer.query(SLOW)
    await flow.produce({ records: BACKLOG })
    const instance = flow.start()
    const isFlowing = async () => (await observer.committed()) > 0
    await instance.during(until(isFlowing, { deadlineMs: 20_000, what: 'commits' }))
    const [begin, since] = [await observer.committed(), performance.now()]
    // The time itself is what is looked at: longer than the group waits for a heartbeat.
    await instance.during(delay(SLOW_SECONDS * 1000 + HEARTBEAT_MS))
    const slow = ((await observer.committed()) - begin) / (performance.now() - since)
    assert.ok(slow > 0, 'it is slow, and goes on')
    assertUndisturbed(instance)
    await observer.query('update slowness set seconds = 0')
    context.injected()
    const [left, healedAt] = [await flow.lag(), performance.now()]
    assert.ok(left > BACKLOG / 4, `a backlog was left: ${left}`)
    await instance.during(flow.caughtUp())
    const fast = left / (performance.now() - healedAt)
    console.log(`${(slow * 1000).toFixed(0)} rows/s while slow, ${(fast * 1000).toFixed(0)} afterwards`)
    assert.ok(fast > 3 * slow, 'it is as fast as before')
    assertUndisturbed(instance)
    await flow.assertExactlyOnce()
    assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  },
)

/**
 * Errors of Postgres that pass by themselves: statements cancelled from outside, serialization failures, locks that are
 * not to be had, and a real deadlock with somebody who locks positions in another order. The same batch is sent again.
 */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Observer } from '../observer.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 15_000
const CANCELS = 25
const DEADLOCK_ATTEMPTS = 20

export const scenario = new Scenario({
  rows: [26],
  name: 'conflicts',
  what: 'statements are cancelled, fail to serialize, find locks taken and run into deadlocks',
  timeoutMs: 90_000,
})

/** One transaction in four fails at its COPY, by one of these codes. */
const CONFLICTS = `
  create function conflict() returns trigger language plpgsql as $$
  begin
    if random() < 0.25 then
      raise exception 'a conflict of the test' using errcode = (array['40001', '40P01', '55P03', '57014', '53200'])[1 + floor(random() * 5)];
    end if;
    return null;
  end $$;
  create trigger conflict after insert on logs for each statement execute function conflict()`

scenario.case('cancelled and conflicting transactions are sent again', async context => {
  const flow = await context.flow({ settings: { 'sink.transaction_bytes': '512KiB' } })
  const instance = flow.start()
  await instance.ready()
  await flow.observer.query(CONFLICTS)
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  for (let cancelled = 0; cancelled < CANCELS; ) {
    const rows = await flow.observer.query<{ done: boolean }>(
      `select pg_cancel_backend(pid) as done from pg_stat_activity
       where datname = current_database() and application_name like 'logcollector writer %' and state <> 'idle'`,
    )
    cancelled += rows.length
    context.injected(rows.length)
    // The pace of the storm; there is nothing to wait for.
    await instance.during(delay(context.random.between(10, 60)))
  }
  await flow.observer.query('drop trigger conflict on logs')
  await stopProducing()
  await instance.during(flow.caughtUp())
  await instance.ready()
  const failed = await instance.metric('transaction_failures_total')
  console.log(`${failed} transactions failed`)
  assert.ok(failed >= CANCELS / 5, `only ${failed} transactions failed`)
  assert.is(instance.events('source:partition:halted').length, 0)
  const [letters] = await flow.observer.query<{ count: number }>('select count(*)::integer from dead_letters')
  assert.is(letters!.count, 0, 'no record is to blame')
  await flow.assertExactlyOnce()
})

/** Locks the second partition, waits for a writer to wait for it, and asks for the first one: true when the writer gave way. */
async function deadlock(flow: Flow, rival: Observer, instance: Instance): Promise<boolean> {
  const lock = (partition: number) =>
    rival.query('select 1 as one from offsets where kafka_partition = $1 for update', [partition])
  await rival.query('begin')
  await lock(1)
  const isWaiting = async () =>
    (await flow.observer.query('select 1 as one from pg_locks where not granted limit 1')).length > 0
  await instance.during(until(isWaiting, { deadlineMs: 20_000, everyMs: 5, what: 'a tail that waits' }))
  await lock(0)
  await rival.query('rollback')
  const [row] = await flow.observer.query<{ deadlocks: number }>(
    'select deadlocks::integer from pg_stat_database where datname = current_database()',
  )
  return row!.deadlocks > 0
}

scenario.case('a deadlock', async context => {
  const flow = await context.flow({ partitions: 2, settings: { 'postgres.writers': '1' } })
  const instance = flow.start()
  await instance.ready()
  const stopProducing = flow.keepProducing(5_000)
  await instance.during(flow.flowing('at the start'))
  const rival = new Observer(flow.url, flow.topic)
  // Whoever has waited for this long looks for a deadlock, and gives way: it is to be the writer.
  await rival.query(`set deadlock_timeout = '60s'`)
  let isDead = false
  for (let attempt = 0; attempt < DEADLOCK_ATTEMPTS && !isDead; attempt++) {
    isDead = await deadlock(flow, rival, instance)
    context.injected()
  }
  await stopProducing()
  assert.ok(isDead, 'no deadlock came about')
  await instance.during(flow.caughtUp())
  await instance.ready()
  await flow.assertExactlyOnce()
})

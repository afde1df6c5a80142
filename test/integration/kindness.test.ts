/**
 * A Postgres whose commits become slow: writers step back one by one, the records flow on through the one that is left,
 * every one is stored once; and when it is fast again, they come back (src/sink/turns.ts).
 */
import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { recordId } from '../../src/produce/generate.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { assertExactlyOnce } from '../faults/judge.ts'
import { Observer } from '../faults/observer.ts'
import { Oracle } from '../faults/oracle.ts'
import { database, kafkaAddress, topic } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'

const test = suite('kind to the database', { timeoutMs: 60_000 })
const WRITERS = 3
const SEED = 11

/** Every transaction's tail waits so long as table `slow` says. */
const SLOWNESS = `
  create table slow (seconds double precision not null);
  insert into slow values (0.15);
  create function slow_down() returns trigger language plpgsql as $$
    begin perform pg_sleep(seconds) from slow; return null; end $$;
  create trigger slow_down after insert on ingest_ledger for each statement execute function slow_down()`

test('writers step back while commits are slow, and come back when they are not', async () => {
  const [name, url] = await Promise.all([topic({ partitions: 6 }), database()])
  const observer = new Observer(url, name)
  await observer.query(SLOWNESS)
  const { engine, ready } = startEngine({
    'kafka.topics': name,
    'kafka.group_id': `kindness-${randomUUID()}`,
    'postgres.url': url,
    'postgres.writers': String(WRITERS),
    'postgres.yield_above': '50ms',
  })
  await ready()
  const oracle = new Oracle()
  const ending = new AbortController()
  cleanUp(() => ending.abort())
  const producing = produce({
    brokers: kafkaAddress().split(','),
    topic: name,
    source: createGeneratedSource({
      seed: SEED,
      records: 1_000_000,
      startMs: Date.now() - 60_000,
      spanMs: 60_000,
      keys: false,
    }),
    recordsPerSecond: 3_000,
    signal: ending.signal,
    onAck: ack => oracle.add(ack, index => recordId(SEED, index)),
  })
  const allowed = () => engine.snapshot().writersAllowed
  assert.is(allowed(), WRITERS)
  await until(() => allowed() === 1, { deadlineMs: 15_000, what: 'one writer at work' })

  // Those that were at work when their turns were taken away have ended by then.
  const before = (await observer.committed()) + 1_500
  let most = 0
  const isFlowing = async () => {
    const [row] = await observer.query<{ writers: number }>(
      `select count(*)::integer as writers from pg_stat_activity
       where datname = current_database() and application_name like 'logcollector writer %' and xact_start is not null`,
    )
    const committed = await observer.committed()
    if (committed > before) most = Math.max(most, row!.writers)
    return committed > before + 6_000
  }
  await until(isFlowing, { deadlineMs: 20_000, what: 'records flow on' })
  assert.is(most, 1, 'writers in a transaction at the same time')
  await observer.query('update slow set seconds = 0')
  await until(() => allowed() === 2, { deadlineMs: 20_000, what: 'two writers again' })

  ending.abort()
  await producing
  await observer.caughtUp(oracle, 20_000)
  await assertExactlyOnce(url, oracle, name)
})

test.run()

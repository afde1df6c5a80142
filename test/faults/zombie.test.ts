/**
 * An instance that was stopped in the middle of a transaction, declared dead by the group, and wakes up after another
 * one has taken its partitions and stored the same records. Also with the fences taken down one by one in the test's
 * own database: without all of them the judge must find duplicates, or it could find nothing at all.
 */
import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { Flow } from './flow.ts'
import { forgetMembers } from './group.ts'
import { type Instance, showingLogs } from './instance.ts'
import { judge } from './judge.ts'

const RECORDS = 5_000
const test = suite('a zombie', { timeoutMs: 60_000 })

/** commit_offset of sql/ without its comparison: moves the position whoever asks. */
const NO_CHECK = `create or replace function commit_offset(
    topic smallint, kpartition integer, token uuid, expected bigint, next bigint, print_offset bigint, print_crc bigint
  ) returns void language sql set search_path = logcollector, pg_catalog as $$
    update offsets set next_offset = next, fingerprint_offset = print_offset, fingerprint_crc = print_crc
    where topic_id = topic and kafka_partition = kpartition $$`
/** Both owners write a ledger row that begins at the same offset: its key is a second fence. */
const NO_KEY = 'alter table ingest_ledger drop constraint ingest_ledger_pkey'

/** Stops an instance behind BEGIN and COPY, lets another one store everything, and wakes it up. */
async function makeZombie(flow: Flow): Promise<{ zombie: Instance; heir: Instance }> {
  const { observer } = flow
  const zombie = flow.start({ 'log.level': 'debug' })
  await zombie.ready()
  await observer.query('begin')
  await observer.query('lock table logs in access exclusive mode')
  await flow.produce({ records: RECORDS })
  const isBlocked = async () =>
    (await observer.query('select 1 as one from pg_locks where not granted limit 2')).length === 2
  await zombie.during(until(isBlocked, { deadlineMs: 20_000, what: 'COPY of both writers' }))
  await zombie.kill('SIGSTOP')
  const owners = new Set(await observer.owners())
  await forgetMembers(flow.group)
  await observer.query('commit')
  const heir = flow.start()
  const isTaken = async () => (await observer.owners()).every(owner => !owners.has(owner))
  await heir.during(until(isTaken, { deadlineMs: 30_000, what: 'claim of the heir' }))
  await heir.during(flow.caughtUp())
  await zombie.kill('SIGCONT')
  return { zombie, heir }
}

/** The end of both transactions that it was stopped in. */
async function afterWaking(zombie: Instance, event: string): Promise<void> {
  const isOver = () => zombie.events(event).length >= 2
  await zombie.during(until(isOver, { deadlineMs: 20_000, what: `${event} of both writers` }))
}

test(
  'is fenced by the owner token',
  showingLogs(async () => {
    const flow = await Flow.create({ partitions: 2 })
    const { zombie, heir } = await makeZombie(flow)
    await afterWaking(zombie, 'sink:writer:fenced')
    assert.is(zombie.events('sink:transaction:committed').length, 0)
    await flow.assertExactlyOnce()
    // Both go on as members of the group.
    await flow.produce({ records: RECORDS })
    await heir.during(flow.caughtUp())
    await zombie.ready()
    await flow.assertExactlyOnce()
  }),
)

test(
  'is stopped by the key of the ledger where the check of the position is gone',
  showingLogs(async () => {
    const flow = await Flow.create({ partitions: 2 })
    await flow.observer.query(NO_CHECK)
    const { zombie } = await makeZombie(flow)
    await afterWaking(zombie, 'sink:transaction:failed')
    assert.is(zombie.events('sink:transaction:committed').length, 0)
    await zombie.kill('SIGKILL')
    await flow.assertExactlyOnce()
  }),
)

test(
  'without check and key it stores records twice, and the judge says so',
  showingLogs(async () => {
    const flow = await Flow.create({ partitions: 2 })
    await flow.observer.query(NO_CHECK)
    await flow.observer.query(NO_KEY)
    const { zombie, heir } = await makeZombie(flow)
    await afterWaking(zombie, 'sink:transaction:committed')
    await Promise.all([zombie.kill('SIGKILL'), heir.kill('SIGKILL')])
    const findings = await judge(flow.url, flow.oracle, flow.topic)
    console.log(findings.join('\n'))
    const expected = ['stored more than once', 'verify, ledger ranges', 'verify, no record is there twice']
    for (const what of expected) {
      assert.ok(
        findings.some(finding => finding.startsWith(what)),
        `the judge did not find: ${what}`,
      )
    }
  }),
)

test.run()

/**
 * scenarios/03-zombie.ts, and the same with the fences taken down one by one in the test's own database: without all of
 * them the judge must find duplicates, or it could find nothing at all.
 */
import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { asTests } from './as-tests.ts'
import { Flow } from './flow.ts'
import { showingLogs } from './instance.ts'
import { judge } from './judge.ts'
import { scenario } from './scenarios/03-zombie.ts'
import { afterWaking, makeZombie } from './zombies.ts'

asTests(scenario)
const test = suite('a zombie without fences', { timeoutMs: 60_000 })

/** commit_offset of sql/ without its comparison: moves the position whoever asks. */
const NO_CHECK = `create or replace function commit_offset(
    topic smallint, kpartition integer, token uuid, expected bigint, next bigint, print_offset bigint, print_crc bigint
  ) returns void language sql set search_path = logcollector, pg_catalog as $$
    update offsets set next_offset = next, fingerprint_offset = print_offset, fingerprint_crc = print_crc
    where topic_id = topic and kafka_partition = kpartition $$`
/** Both owners write a ledger row that begins at the same offset: its key is a second fence. */
const NO_KEY = 'alter table ingest_ledger drop constraint ingest_ledger_pkey'

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
    const { counts, findings } = await judge(flow.url, flow.oracle, flow.topic)
    console.log(findings.join('\n'))
    assert.ok(counts.duplicated > 0)
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

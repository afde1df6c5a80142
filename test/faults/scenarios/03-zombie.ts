/**
 * An instance that was stopped in the middle of a transaction, declared dead by the group, and wakes up after another
 * one has taken its partitions and stored the same records.
 */
import * as assert from 'uvu/assert'
import { Scenario } from '../scenario.ts'
import { afterWaking, makeZombie, ZOMBIE_RECORDS } from '../zombies.ts'

export const scenario = new Scenario({
  rows: [3],
  name: 'zombie',
  what: 'an instance is stopped in the middle of a transaction and wakes up when another one has taken its place',
  timeoutMs: 60_000,
})

scenario.case('is fenced by the owner token', async context => {
  const flow = await context.flow({ partitions: 2 })
  const { zombie, heir } = await makeZombie(flow)
  context.injected()
  await afterWaking(zombie, 'sink:writer:fenced', 'sink:transaction:committed')
  await flow.assertExactlyOnce()
  assert.is(zombie.events('sink:transaction:committed').length, 0)
  // Both go on as members of the group.
  await flow.produce({ records: ZOMBIE_RECORDS })
  await heir.during(flow.caughtUp())
  await zombie.ready()
  await flow.assertExactlyOnce()
})

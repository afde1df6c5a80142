/**
 * kill -9 of the program at random moments while records flow: between claim and first commit, in COPY, in the tail,
 * between transactions. Each kill must hit a process that had claimed its partitions and had records left to commit.
 */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import { forgetMembers } from '../group.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 500_000
/** A new process takes a second or more to start, so that more piles up than the one before it took. */
const RECORDS_PER_SECOND = 40_000
const KILLS = 12
const MOST_IN_A_LIFE = 25_000
const LONGEST_PAUSE_MS = 40
export const scenario = new Scenario({
  rows: [1],
  name: 'kill-process',
  what: 'kill -9 of the program at random moments while records flow',
  timeoutMs: 120_000,
})

/** The default: a group waits so long for a member that says nothing. */
const SESSION_MS = 30_000

interface Life {
  /** Records committed in it, and acknowledged records that were not when it ended. */
  readonly done: number
  readonly left: number
}

/** Waits until this process owns every partition. */
async function claimed({ observer }: Flow, instance: Instance, before: ReadonlySet<string>): Promise<void> {
  const isClaimed = async () => {
    const owners = await observer.owners()
    return owners.length > 0 && owners.every(owner => !before.has(owner))
  }
  await instance.during(until(isClaimed, { deadlineMs: 30_000, everyMs: 2, what: 'a claim' }))
}

/** Starts the program, lets it commit a random number of records (none, one time in four) and kills it a little later. */
async function liveAndDie(flow: Flow): Promise<Life> {
  const { observer, oracle, random } = flow
  const ownersBefore = new Set(await observer.owners())
  const instance = flow.start()
  await claimed(flow, instance, ownersBefore)
  const begin = await observer.committed()
  const target = begin + (random.isOneIn(4) ? 0 : 1 + random.below(MOST_IN_A_LIFE))
  const isThere = async () => (await observer.committed()) >= target
  await instance.during(until(isThere, { deadlineMs: 20_000, everyMs: 2, what: `${target} records` }))
  // No condition to wait for: the moment is to be any.
  await delay(random.below(LONGEST_PAUSE_MS))
  const acknowledged = oracle.records
  await instance.kill('SIGKILL')
  const end = await observer.committed()
  await forgetMembers(flow.group)
  return { done: end - begin, left: acknowledged - end }
}

scenario.case('nothing is lost and nothing is stored twice', async context => {
  const flow = await context.flow({ settings: { 'sink.transaction_bytes': '512KiB' } })
  const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
  const isAhead = () => flow.oracle.records > 2 * MOST_IN_A_LIFE
  await until(isAhead, { deadlineMs: 20_000, what: 'records for the first life' })
  const lives: Life[] = []
  while (lives.length < KILLS) {
    const life = await liveAndDie(flow)
    context.injected()
    assert.ok(life.left > 0, `kill ${lives.length} found a process with nothing to do`)
    lives.push(life)
  }
  const committing = lives.filter(({ done }) => done > 0).length
  console.log(`${KILLS} kills with records left, ${committing} of them after commits`)
  assert.ok(committing >= KILLS / 4, `only ${committing} kills came after commits`)
  flow.start()
  await producing
  assert.is(flow.oracle.records, RECORDS)
  await flow.caughtUp()
  await flow.assertExactlyOnce()
})

scenario.case(
  'started again on its host it goes on at once, and does not wait for its own session to end',
  async context => {
    const flow = await context.flow({ settings: { 'kafka.session_timeout': `${SESSION_MS}ms` } })
    const stopProducing = flow.keepProducing(5_000)
    const killed = flow.start()
    await killed.during(flow.flowing('at first'))
    await killed.kill('SIGKILL')
    context.injected()
    const again = flow.start()
    await again.during(flow.flowing('of the next process', SESSION_MS / 2))
    assert.is(again.events('source:member:removed').length, 1)
    await stopProducing()
    await again.during(flow.caughtUp())
    // A member whose process lives is left alone.
    const beside = flow.start()
    await beside.ready()
    assert.equal(beside.events('source:member:removed'), [])
    await flow.assertExactlyOnce()
  },
)

/**
 * Members that join and leave every two seconds, in order and by kill -9, and rebalances in the middle of a COPY: what
 * an instance keeps it neither claims nor parses again, what moved is stored once.
 */
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import { forgetMembers } from '../group.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const STORM_CHANGES = 6
const STORM_PARTITIONS = 6
const STORM_RECORDS = 1_000_000
const STORM_RECORDS_PER_SECOND = 12_000
const MOST_INSTANCES = 3
const CHANGE_EVERY_MS = 2_000
/** Nothing may stand still for longer, whatever is going on in the group. */
const PROGRESS_DEADLINE_MS = 10_000
const RECORDS = 4_000
const inOrder = { code: 0, signal: null }
export const scenario = new Scenario({
  rows: [7],
  name: 'rebalance',
  what: 'members that join and leave every two seconds, and rebalances in the middle of a COPY',
  timeoutMs: 60_000,
})

const memberOf = (instance: Instance): string =>
  String(instance.events('source:group:joined').at(-1)?.memberId ?? '')

/** A partition that is claimed while it is held, and that nobody took away meanwhile, was claimed for nothing. */
function needlessClaims(instance: Instance): string[] {
  const held = new Set<unknown>()
  const needless: string[] = []
  for (const { event, partition } of instance.log()) {
    if (event === 'source:partition:released' || event === 'sink:writer:fenced') held.delete(partition)
    if (event !== 'source:partition:claimed') continue
    if (held.has(partition)) needless.push(`process ${instance.pid} claimed ${partition} twice`)
    held.add(partition)
  }
  return needless
}

/** Partitions that were held before a rejoin and after it, over all rejoins. */
function keptPartitions(instance: Instance): number {
  const held = new Set<unknown>()
  let kept = 0
  for (const { event, partition } of instance.log()) {
    // Those that go are released right after the join.
    if (event === 'source:group:joined') kept += held.size
    if (event === 'source:partition:claimed') held.add(partition)
    if (event === 'source:partition:released' && held.delete(partition)) kept--
  }
  return kept
}

/** Waits until this instance has joined so many times. */
async function joins(instance: Instance, count: number): Promise<void> {
  const isBack = () => instance.events('source:group:joined').length >= count
  await instance.during(until(isBack, { deadlineMs: 20_000, what: `join ${count} of ${instance.pid}` }))
}

class Storm {
  readonly flow: Flow
  /** Stays in the group all the time: it keeps partitions, loses some and gets them back. */
  readonly anchor: Instance
  readonly left: Instance[] = []
  readonly changes: string[] = []
  slowestMs = 0
  private others: Instance[] = []

  constructor(flow: Flow) {
    this.flow = flow
    this.anchor = flow.start()
  }

  get all(): Instance[] {
    return [this.anchor, ...this.others, ...this.left]
  }

  /** One member more, or one less: in order or by kill -9. */
  async change(): Promise<void> {
    const { random } = this.flow
    const room = MOST_INSTANCES - 1 - this.others.length
    const isJoin = this.others.length === 0 || (room > 0 && random.isOneIn(2))
    const how = isJoin ? 'join' : this.left.length % 2 ? 'SIGTERM' : 'SIGKILL'
    this.changes.push(how)
    if (how === 'join') {
      const joiner = this.flow.start()
      this.others.push(joiner)
      await joins(joiner, 1)
      return
    }
    const leaver = this.others.shift()!
    this.left.push(leaver)
    const ending = await leaver.kill(how)
    if (how === 'SIGTERM') assert.equal(ending, inOrder)
    else await forgetMembers(this.flow.group, { except: [this.anchor, ...this.others].map(memberOf) })
  }

  /** Waits for commits in every partition that come after this moment. */
  async progress(): Promise<void> {
    const { observer } = this.flow
    const before = await observer.positions()
    const begin = performance.now()
    const isMoving = async () => {
      const now = await observer.positions()
      const still = [...before].filter(([partition, position]) => now.get(partition) === position)
      if (still.length > 0)
        throw new Error(`no commit in ${still.map(([partition]) => partition).join(', ')}`)
      return true
    }
    const wait = until(isMoving, { deadlineMs: PROGRESS_DEADLINE_MS, what: this.changes.join(', ') })
    await this.anchor.during(wait)
    this.slowestMs = Math.max(this.slowestMs, performance.now() - begin)
  }
}

scenario.case('every two seconds, under load', async context => {
  const flow = await context.flow({ partitions: STORM_PARTITIONS })
  const storm = new Storm(flow)
  await storm.anchor.ready()
  const producer = new AbortController()
  const producing = flow.produce({
    records: STORM_RECORDS,
    recordsPerSecond: STORM_RECORDS_PER_SECOND,
    signal: producer.signal,
  })
  await storm.progress()
  for (let change = 0; change < STORM_CHANGES; change++) {
    await storm.change()
    context.injected()
    await storm.progress()
    // The pace of the storm; there is nothing to wait for.
    await delay(CHANGE_EVERY_MS - flow.random.below(CHANGE_EVERY_MS / 2))
    await storm.progress()
  }
  producer.abort()
  assert.ok((await producing).records < STORM_RECORDS, 'records came all the while')
  await storm.anchor.during(flow.caughtUp())
  const rejoins = storm.anchor.events('source:group:joined').length - 1
  const kept = keptPartitions(storm.anchor)
  console.log(`${storm.changes.join(', ')}: ${rejoins} rejoins of the anchor, ${kept} partitions kept`)
  console.log(`the longest wait for commits in every partition: ${storm.slowestMs.toFixed(0)} ms`)
  assert.ok(rejoins >= storm.changes.filter(how => how === 'join').length, 'the anchor took part')
  assert.ok(kept > 0, 'it kept partitions')
  assert.equal(storm.all.flatMap(needlessClaims), [])
  await flow.assertExactlyOnce()
})

/** Starts an instance, has everything parsed and its only writer blocked in COPY, by a lock that the observer holds. */
async function blockInCopy(flow: Flow): Promise<Instance> {
  const { observer } = flow
  const instance = flow.start({ 'postgres.writers': '1' })
  await instance.ready()
  await observer.query('begin')
  await observer.query('lock table logs in access exclusive mode')
  await flow.produce({ records: RECORDS })
  const isBlocked = async () => {
    const waiting = await observer.query('select 1 as one from pg_locks where not granted')
    return waiting.length === 1 && (await instance.metric('parsed_records_total')) === RECORDS
  }
  await instance.during(until(isBlocked, { deadlineMs: 20_000, what: 'COPY waits, all is parsed' }))
  return instance
}

scenario.case('revoked and assigned again in one rebalance: everything under way counts', async context => {
  const flow = await context.flow({ partitions: 4 })
  const instance = await blockInCopy(flow)
  const owners = await flow.observer.owners()
  assert.is(await forgetMembers(flow.group), 1)
  context.injected()
  await joins(instance, 2)
  await flow.observer.query('rollback')
  await instance.during(flow.caughtUp())
  assert.equal(await flow.observer.owners(), owners)
  assert.is(instance.events('source:partition:claimed').length, 4)
  assert.is(await instance.metric('parsed_records_total'), RECORDS, 'nothing was parsed twice')
  assert.is(await instance.metric('transaction_failures_total'), 0)
  await flow.assertExactlyOnce()
})

scenario.case(
  'what moves to a new member in the midst of a COPY is fenced, what stays is stored from where it is',
  async context => {
    const flow = await context.flow({ partitions: 4 })
    const { observer } = flow
    const first = await blockInCopy(flow)
    const before = await observer.owners()
    const second = flow.start()
    await joins(first, 2)
    const isTaken = () => second.events('source:partition:claimed').length === 2
    await second.during(until(isTaken, { deadlineMs: 20_000, what: 'claims of the second' }))
    const after = await observer.owners()
    context.injected()
    assert.is(after.filter((owner, partition) => owner === before[partition]).length, 2, 'two were kept')
    await observer.query('rollback')
    await first.during(flow.caughtUp())
    assert.equal(await observer.owners(), after)
    assert.is(await first.metric('parsed_records_total'), RECORDS, 'what stayed was not parsed again')
    // Back to one member: it takes what it had given away.
    assert.equal(await second.kill('SIGTERM'), inOrder)
    await flow.produce({ records: RECORDS })
    await first.during(flow.caughtUp())
    assert.equal(needlessClaims(first), [])
    await flow.assertExactlyOnce()
  },
)

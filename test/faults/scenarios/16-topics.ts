/**
 * Topics that change under a running program: more partitions, new topics that an expression matches, topics deleted,
 * and made anew while it runs or is stopped. What is new begins at its log start, what was stored stays.
 */
import type { Admin } from 'kafkajs'
import * as assert from 'uvu/assert'
import { verify } from '../../../src/store/verify/index.ts'
import { createKafkaClient, topic as makeTopic } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 2_000
const LARGEST_SEND = 400
const refreshing = { 'kafka.topics_refresh': '500ms' } as const
/** Records of 2 kB: more than an arena of 32 MiB takes. */
const ARENA_FULL = 30_000
const MOST_BYTES = ARENA_FULL * 2_000
/** So long nothing was fetched. */
const STILL_MS = 1_500
const inOrder = { code: 0, signal: null }
export const scenario = new Scenario({
  rows: [14, 16],
  name: 'topics',
  what: 'more partitions, new topics, topics deleted and made anew, while the program runs or is stopped',
  timeoutMs: 60_000,
})

async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = createKafkaClient().admin()
  await admin.connect()
  try {
    return await use(admin)
  } finally {
    await admin.disconnect()
  }
}

/** Deleted and made again at once. */
const remake = (name: string, partitions: number): Promise<void> =>
  withAdmin(async admin => {
    await admin.deleteTopics({ topics: [name] })
    const isMade = () => admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }] })
    await until(isMade, { deadlineMs: 20_000, what: `${name} made again` })
    const isLed = async () => (await admin.fetchTopicOffsets(name)).length === partitions
    await until(isLed, { deadlineMs: 20_000, what: `leaders of ${name}` })
  })

const messages = (count: number, msg: string) =>
  Array.from({ length: count }, (_, n) => ({ value: JSON.stringify({ msg: `${msg} ${n}` }) }))

async function send(name: string, count: number, msg = 'm'): Promise<void> {
  const producer = createKafkaClient().producer()
  await producer.connect()
  for (let sent = 0; sent < count; sent += LARGEST_SEND)
    await producer.send({ topic: name, messages: messages(Math.min(LARGEST_SEND, count - sent), msg) })
  await producer.disconnect()
}

interface Stored {
  readonly topic: string
  readonly incarnation: number
  readonly rows: number
}

const storedIn = (flow: Flow): Promise<Stored[]> =>
  flow.observer.query<Stored & { topic: string }>(
    `select topic, incarnation, count(l.ts)::integer as rows from topics t left join logs l using (topic_id)
     group by topic, incarnation order by topic, incarnation`,
  )

/** Waits for exactly this to be stored, and holds verify to it. */
async function stored(flow: Flow, instance: Instance, expected: readonly Stored[]): Promise<void> {
  const isStored = async () => {
    const now = JSON.stringify(await storedIn(flow))
    if (now !== JSON.stringify(expected)) throw new Error(now)
    return true
  }
  await instance.during(until(isStored, { deadlineMs: 30_000, what: JSON.stringify(expected) }))
  const { ok, checks } = await verify(flow.url, { sinceMs: null })
  assert.ok(ok, JSON.stringify(checks))
}

scenario.case('partitions that are added are read from their start, soon', async context => {
  const flow = await context.flow({ partitions: 1, settings: refreshing })
  await flow.produce({ records: RECORDS })
  const instance = flow.start()
  await instance.during(flow.caughtUp())
  const owners = await flow.observer.owners()
  await withAdmin(admin => admin.createPartitions({ topicPartitions: [{ topic: flow.topic, count: 3 }] }))
  const addedAt = performance.now()
  context.injected()
  const isClaimed = async () => (await flow.observer.owners()).length === 3
  await instance.during(until(isClaimed, { deadlineMs: 10_000, what: 'the claim of new partitions' }))
  console.log(`claimed after ${(performance.now() - addedAt).toFixed(0)} ms`)
  await flow.produce({ records: RECORDS })
  await instance.during(flow.caughtUp())
  assert.is((await flow.observer.owners())[0], owners[0], 'the first one was kept')
  await flow.assertExactlyOnce()
  assert.equal(await instance.kill('SIGTERM'), inOrder)
})

scenario.case(
  'an expression takes new topics from their start, one that was there by kafka.start, and no internal one',
  async context => {
    const flow = await context.flow({ partitions: 2 })
    const settings = { ...refreshing, 'kafka.topics': `/${flow.topic}/`, 'kafka.start': 'latest' }
    await send(flow.topic, 10)
    const [first, second] = [flow.start(settings), flow.start(settings)]
    const isShared = async () => (await flow.observer.owners()).length === 2
    await first.during(until(isShared, { deadlineMs: 20_000, what: 'claims' }))
    await Promise.all([first.ready(), second.ready()])
    const [later, internal] = [`${flow.topic}-later`, `__${flow.topic}`]
    cleanUp(() => withAdmin(admin => admin.deleteTopics({ topics: [later, internal] })))
    await withAdmin(admin =>
      admin.createTopics({
        topics: [
          { topic: internal, numPartitions: 1 },
          { topic: later, numPartitions: 4 },
        ],
      }),
    )
    await Promise.all([send(later, 40), send(internal, 5), send(flow.topic, 7)])
    await stored(flow, first, [
      { topic: flow.topic, incarnation: 0, rows: 7 },
      { topic: later, incarnation: 0, rows: 40 },
    ])
    const isSpread = () => [first, second].every(one => one.text().includes(`"topic":"${later}"`))
    await first.during(until(isSpread, { deadlineMs: 10_000, what: 'both instances have a part of it' }))
    for (const instance of [first, second]) {
      assert.is(instance.events('source:group:crashed').length, 0)
      const members = new Set(instance.events('source:group:joined').map(({ memberId }) => memberId))
      assert.is(members.size, 1, 'it stayed a member')
      assert.equal(await instance.kill('SIGTERM'), inOrder)
    }
  },
)

scenario.case(
  'a topic made anew, while we run and while we do not, begins again; what was stored stays',
  async context => {
    const flow = await context.flow({ partitions: 2 })
    const { topic } = flow
    await send(topic, 30)
    const running = flow.start()
    await stored(flow, running, [{ topic, incarnation: 0, rows: 30 }])
    await remake(topic, 3)
    context.injected()
    // More than before: an offset says nothing.
    await send(topic, 50)
    await stored(flow, running, [
      { topic, incarnation: 0, rows: 30 },
      { topic, incarnation: 1, rows: 50 },
    ])
    await running.ready()
    assert.is(running.events('source:partition:halted').length, 0)
    assert.equal(await running.kill('SIGTERM'), inOrder)
    await remake(topic, 1)
    context.injected()
    await send(topic, 80)
    const again = flow.start()
    await stored(flow, again, [
      { topic, incarnation: 0, rows: 30 },
      { topic, incarnation: 1, rows: 50 },
      { topic, incarnation: 2, rows: 80 },
    ])
    assert.equal(await again.kill('SIGTERM'), inOrder)
  },
)

scenario.case(
  'a topic made anew and filled further than before, while a full arena keeps us from fetching',
  async context => {
    const settings = {
      'memory.arena': '32MiB',
      'kafka.topics_refresh': '10m',
      'storage.verify_interval': '10m',
    }
    const flow = await context.flow({ partitions: 1, settings })
    const { observer, topic } = flow
    const filler = 'x'.repeat(2_000)
    await send(topic, 10, 'first')
    const instance = flow.start()
    await stored(flow, instance, [{ topic, incarnation: 0, rows: 10 }])
    await observer.query('begin')
    await observer.query('lock table logs in access exclusive mode')
    await send(topic, ARENA_FULL, `old ${filler}`)
    const seen = { bytes: 0, at: performance.now() }
    const standsStill = async () => {
      const bytes = await instance.metric('fetched_bytes_total')
      if (bytes !== seen.bytes) Object.assign(seen, { bytes, at: performance.now() })
      return bytes > MOST_BYTES / 10 && performance.now() - seen.at > STILL_MS
    }
    await instance.during(until(standsStill, { deadlineMs: 30_000, what: 'a full arena' }))
    assert.ok(seen.bytes < MOST_BYTES, 'not everything was fetched')
    await remake(topic, 1)
    await send(topic, ARENA_FULL + 20, `new ${filler}`)
    context.injected()
    await observer.query('commit')
    const rows = ARENA_FULL + 20
    const isStored = async () =>
      (await storedIn(flow)).some(one => one.incarnation === 1 && one.rows === rows)
    await instance.during(until(isStored, { deadlineMs: 40_000, what: 'the new topic' }))
    const mixed = await observer.query(
      `select incarnation, left(message, 3) as which, count(*)::integer as rows from logs join topics using (topic_id)
       group by 1, 2 order by 1, 2`,
    )
    const kinds = mixed.map(({ incarnation, which }) => `${incarnation} ${which}`)
    assert.equal(kinds, ['0 fir', '0 old', '1 new'])
    const { checks } = await verify(flow.url, { sinceMs: null })
    assert.equal(
      checks.flatMap(({ findings }) => findings),
      [],
    )
    assert.is(instance.events('source:partition:halted').length, 0)
    assert.equal(await instance.kill('SIGTERM'), inOrder)
  },
)

scenario.case(
  'a topic that is deleted is given up, by name, the others go on, and it begins again when it is back',
  async context => {
    const flow = await context.flow({ partitions: 2, settings: refreshing })
    const other = await makeTopic()
    await send(flow.topic, 10)
    const instance = flow.start({ 'kafka.topics': `${flow.topic},${other}` })
    await stored(
      flow,
      instance,
      [
        { topic: flow.topic, incarnation: 0, rows: 10 },
        { topic: other, incarnation: 0, rows: 0 },
      ].sort(byTopic),
    )
    await withAdmin(admin => admin.deleteTopics({ topics: [flow.topic] }))
    context.injected()
    const isGivenUp = () => instance.events('source:partition:released').length === 2
    await instance.during(until(isGivenUp, { deadlineMs: 15_000, what: 'release of both partitions' }))
    const { ready, reasons } = await instance.readiness()
    assert.not(ready)
    assert.equal(reasons, [`group: waiting for topic ${flow.topic} to be created`])
    await send(other, 20)
    await stored(
      flow,
      instance,
      [
        { topic: flow.topic, incarnation: 0, rows: 10 },
        { topic: other, incarnation: 0, rows: 20 },
      ].sort(byTopic),
    )
    await withAdmin(admin => admin.createTopics({ topics: [{ topic: flow.topic, numPartitions: 1 }] }))
    await instance.ready()
    await send(flow.topic, 40)
    await stored(
      flow,
      instance,
      [
        { topic: flow.topic, incarnation: 0, rows: 10 },
        { topic: flow.topic, incarnation: 1, rows: 40 },
        { topic: other, incarnation: 0, rows: 20 },
      ].sort(byTopic),
    )
    assert.is(instance.events('supervisor:child:restarted').length, 0)
    assert.equal(await instance.kill('SIGTERM'), inOrder)
  },
)

const byTopic = (a: Stored, b: Stored): number =>
  a.topic < b.topic ? -1 : a.topic > b.topic ? 1 : a.incarnation - b.incarnation

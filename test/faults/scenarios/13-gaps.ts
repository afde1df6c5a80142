/**
 * Records that the broker deletes before they are stored: the partition halts, and with kafka.on_gap: record it goes on
 * behind them when all that it had fetched is committed. What is gone is written down, what is there is stored once.
 */
import * as assert from 'uvu/assert'
import { verify } from '../../../src/store/verify/index.ts'
import { createKafkaClient } from '../../support/services.ts'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import type { Instance } from '../instance.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 2_000
/** More than a small arena holds, some 300 bytes each. */
const BACKLOG = 250_000
const SMALLEST_ARENA = '32MiB'
const passing = { 'kafka.on_gap': 'record' } as const
export const scenario = new Scenario({
  rows: [13],
  name: 'gaps',
  what: 'the broker deletes records before they are stored',
  timeoutMs: 60_000,
})

/** Deletes what lies below `offset`, as retention would. */
async function removeBefore(topic: string, partition: number, offset: number): Promise<void> {
  const admin = createKafkaClient().admin()
  await admin.connect()
  try {
    // Makes the client learn of the topic, which deleteTopicRecords takes for done.
    await admin.fetchTopicOffsets(topic)
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(offset) }] })
  } finally {
    await admin.disconnect()
  }
}

interface Gap {
  readonly partition: number
  readonly first: number
  readonly next: number
}

const gapsOf = ({ observer }: Flow): Promise<Gap[]> =>
  observer.query<Gap & { reason: string }>(
    `select kafka_partition as partition, first_offset::integer as first, next_offset::integer as next
     from offset_gaps`,
  )

/** Everything is stored but the gap, each record once, and verify counts it as a gap. */
async function assertStoredBut(flow: Flow, gap: Gap): Promise<void> {
  assert.equal(await gapsOf(flow), [gap])
  const rows = await flow.observer.query<{ partition: number; count: number; inside: number }>(
    `select kafka_partition as partition, count(*)::integer as count,
       count(*) filter (where kafka_partition = $1 and kafka_offset >= $2 and kafka_offset < $3)::integer as inside
     from logs group by 1 order by 1`,
    [gap.partition, gap.first, gap.next],
  )
  const sizeOf = (partition: number) => (partition === gap.partition ? gap.next - gap.first : 0)
  const expected = [...flow.oracle.ends].map(([partition, end]) => ({
    partition,
    count: end - sizeOf(partition),
    inside: 0,
  }))
  assert.equal(
    rows,
    expected.sort((a, b) => a.partition - b.partition),
  )
  const { ok, checks, gapOffsets } = await verify(flow.url, { sinceMs: null })
  assert.ok(ok, JSON.stringify(checks))
  assert.is(gapOffsets, sizeOf(gap.partition))
  await flow.assertExactlyOnce()
}

async function halted(instance: Instance): Promise<void> {
  const find = () => instance.events('source:partition:halted').at(0)
  const line = await instance.during(until(find, { deadlineMs: 30_000, what: 'a halt' }))
  assert.is(line.partition, 1)
  assert.is(line.code, 'OFFSET_OUT_OF_RANGE')
  assert.not((await instance.readiness()).ready)
}

scenario.case(
  'halt the partition, and are passed and written down where the setting says so',
  async context => {
    const flow = await context.flow({ partitions: 2 })
    await flow.produce({ records: RECORDS })
    const first = flow.start()
    await first.during(flow.caughtUp())
    assert.equal(await first.kill('SIGTERM'), { code: 0, signal: null })
    const from = flow.oracle.ends.get(1)!
    await flow.produce({ records: RECORDS })
    const to = from + 300
    await removeBefore(flow.topic, 1, to)
    context.injected()
    const second = flow.start()
    await halted(second)
    assert.equal(await gapsOf(flow), [])
    assert.is((await flow.observer.positions()).get(1), from, 'nothing moved it')
    assert.equal(await second.kill('SIGTERM'), { code: 0, signal: null })
    const third = flow.start(passing)
    await third.during(flow.caughtUp())
    await third.ready()
    await assertStoredBut(flow, { partition: 1, first: from, next: to })
    assert.is(await third.metric('offset_gaps_total'), 1)
    assert.is(await third.metric('offset_gap_records_total'), to - from)
    assert.is(third.events('source:gap:recorded').length, 1)
  },
)

scenario.case('are passed behind everything that was fetched before', async context => {
  const flow = await context.flow({
    partitions: 1,
    settings: { ...passing, 'memory.arena': SMALLEST_ARENA },
  })
  const { observer } = flow
  await flow.produce({ records: BACKLOG })
  const instance = flow.start()
  await instance.ready()
  await observer.query('begin')
  await observer.query('lock table logs in access exclusive mode')
  const isFull = async () => (await instance.metric('arena_used_bytes')) > 8 * 2 ** 20
  await instance.during(until(isFull, { deadlineMs: 20_000, what: 'bytes in flight' }))
  const next = BACKLOG - 100
  await removeBefore(flow.topic, 0, next)
  context.injected()
  await observer.query('rollback')
  await instance.during(flow.caughtUp())
  const [gap] = await gapsOf(flow)
  assert.ok(gap !== undefined && gap.first > 0 && gap.first < next, JSON.stringify(gap))
  await assertStoredBut(flow, { partition: 0, first: gap.first, next })
  assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
})

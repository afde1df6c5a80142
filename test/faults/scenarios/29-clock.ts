/**
 * Clocks that are wrong: records of 1970, 2099 and no time at all, and a program whose host is a day ahead or behind. Times
 * are clamped, so that few segments are made, and nothing is lost or counted twice.
 */
import * as assert from 'uvu/assert'
import { produce } from '../../../src/produce/produce.ts'
import { shiftVariable } from '../../fixtures/shifted-clock.ts'
import { createNumberedSource } from '../numbered-source.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 20_000
const DAY_MS = 86_400_000
/** Those that are accepted, made ahead, and of the clock's day. */
const MOST_SEGMENTS = 14
const module = new URL('../../fixtures/shifted-clock.js', import.meta.url).href
const times = [
  '"1970-01-01T00:00:00Z"',
  '"2099-12-31T23:59:59Z"',
  '0',
  '-1',
  '"NaN"',
  '1e300',
  '"infinity"',
  '4102444800000',
  '"0000-00-00"',
  'null',
]

export const scenario = new Scenario({
  rows: [29],
  name: 'clock',
  what: 'records of impossible times, and a host whose clock is a day ahead or behind',
  timeoutMs: 60_000,
})

for (const days of [0, 1, -1])
  scenario.case(`the host's clock is off by ${days} days`, async context => {
    const flow = await context.flow({ partitions: 2 })
    const now = Date.now()
    const timeOf = (n: number) =>
      n % 3 === 0 ? times[n % times.length]! : `"${new Date(now - n).toISOString()}"`
    await produce({
      brokers: flow.brokers.split(','),
      topic: flow.topic,
      source: createNumberedSource(
        n => ({ key: null, value: Buffer.from(`{"id":"n-${n}","msg":"record ${n}","ts":${timeOf(n)}}`) }),
        0,
        RECORDS,
      ),
      onAck: ack => flow.oracle.add(ack, n => `n-${n}`),
    })
    const instance = flow.start(
      {},
      { NODE_OPTIONS: `--import=${module}`, [shiftVariable]: String(days * DAY_MS) },
    )
    context.injected()
    await instance.during(flow.caughtUp())
    await instance.ready()
    const segments = await flow.observer.query('select segment from segments')
    assert.ok(segments.length <= MOST_SEGMENTS, `${segments.length} segments`)
    const [range] = await flow.observer.query<{ days: number }>(
      `select ceil(extract(epoch from max(ts) - min(ts)) / 86400)::integer as days from logs`,
    )
    assert.ok(range!.days <= 9, `the rows are of ${range!.days} days`)
    await flow.assertExactlyOnce()
    assert.equal(await instance.kill('SIGTERM'), { code: 0, signal: null })
  })

/**
 * Somebody else's DDL on `logs` while records flow: segments that the program knows are detached under it, and tables are
 * attached, detached concurrently and dropped in a loop.
 */
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import { Observer } from '../observer.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 10_000
const LOOPS = 10

export const scenario = new Scenario({
  rows: [30],
  name: 'ddl',
  what: 'segments are detached under the program, and others attached and dropped in a loop',
  timeoutMs: 60_000,
})

scenario.case('a segment that was taken away is made again', async context => {
  const flow = await context.flow()
  const { observer } = flow
  const instance = flow.start()
  await instance.ready()
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  await instance.during(flow.flowing('at the start'))
  const taken: string[] = []
  const segments = await observer.query<{ segment: string }>('select segment from segments order by from_ts')
  for (const { segment } of segments) {
    await observer.query(`alter table logs detach partition ${segment}`)
    await observer.query(`alter table ${segment} rename to taken_${segment}`)
    taken.push(segment)
    context.injected()
  }
  await instance.during(flow.flowing('without the old segments'))
  await stopProducing()
  await instance.during(flow.caughtUp())
  await instance.ready()
  // Back in, so that the judge finds what was taken away.
  for (const segment of taken) await observer.query(`insert into logs select * from taken_${segment}`)
  await flow.assertExactlyOnce()
})

scenario.case('tables come and go', async context => {
  const flow = await context.flow()
  const instance = flow.start()
  await instance.ready()
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  await instance.during(flow.flowing('at the start'))
  const busy = new Observer(flow.url, flow.topic)
  for (let loop = 0; loop < LOOPS; loop++) {
    await busy.query('create table passing (like logs including all excluding indexes)')
    await busy.query(
      `alter table logs attach partition passing for values from ('2001-01-01') to ('2001-01-02')`,
    )
    await busy.query('alter table logs detach partition passing concurrently')
    await busy.query('drop table passing')
    context.injected()
  }
  await stopProducing()
  await instance.during(flow.caughtUp())
  const isCalm = async () => (await instance.readiness()).ready
  await instance.during(until(isCalm, { deadlineMs: 10_000, what: 'it is ready' }))
  assert.is(instance.events('source:partition:halted').length, 0)
  await flow.assertExactlyOnce()
})

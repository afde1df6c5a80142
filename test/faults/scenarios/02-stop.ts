/**
 * SIGTERM under load: the program lets flow what is under way, leaves the group and exits with 0 inside its deadline;
 * the next start goes on. A second SIGTERM exits at once.
 */
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import { forgetMembers } from '../group.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 90_000
const RECORDS_PER_SECOND = 30_000
const STOPS = 3
/** shutdown.deadline of the flows, and time for the process itself. */
const DEADLINE_MS = 5_000 + 2_000
const TERMINATED = 143
export const scenario = new Scenario({
  rows: [2],
  name: 'stop',
  what: 'SIGTERM under load, and a second one during the stop',
  timeoutMs: 90_000,
})

scenario.case('under load it stops in order, and the next start goes on', async context => {
  const flow = await context.flow()
  const { observer } = flow
  const producing: Promise<unknown>[] = []
  for (let stop = 0; stop < STOPS; stop++) {
    const instance = flow.start()
    await instance.ready()
    const before = await observer.committed()
    // Begun only now, it goes on for longer than the stop takes, however slow the start was.
    producing.push(flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND }))
    const isFlowing = async () => (await observer.committed()) > before
    await instance.during(until(isFlowing, { deadlineMs: 30_000, everyMs: 2, what: 'commits' }))
    const begin = performance.now()
    instance.signal('SIGTERM')
    assert.equal(await instance.stopped(DEADLINE_MS), { code: 0, signal: null })
    context.injected()
    console.log(`stopped after ${Math.round(performance.now() - begin)} ms, lag ${await flow.lag()}`)
    assert.ok((await flow.lag()) > 0, 'there was no load when it stopped')
    assert.is(await forgetMembers(flow.group), 0, 'it left the group')
  }
  const last = flow.start()
  await Promise.all(producing)
  await last.during(flow.caughtUp())
  assert.equal(await last.kill('SIGTERM'), { code: 0, signal: null })
  await flow.assertExactlyOnce()
})

scenario.case('a second SIGTERM exits at once', async context => {
  const flow = await context.flow()
  await flow.produce({ records: 20_000 })
  const { observer } = flow
  const instance = flow.start()
  await instance.ready()
  await instance.during(flow.caughtUp())
  await observer.query('begin')
  await observer.query('lock table logs in access exclusive mode')
  await flow.produce({ records: 20_000 })
  const waiting = () =>
    observer.query(`select 1 as one from pg_locks where not granted and relation = 'logs'::regclass limit 1`)
  await until(async () => (await waiting()).length > 0, { deadlineMs: 20_000, what: 'a blocked COPY' })
  instance.signal('SIGTERM')
  const isStopping = () => instance.events('supervisor:stop:requested').length > 0
  await until(isStopping, { deadlineMs: 5_000, what: 'the start of the stop' })
  assert.is(instance.ending, null, 'it waits for the blocked transaction')
  instance.signal('SIGTERM')
  assert.equal(await instance.stopped(1_000), { code: TERMINATED, signal: null })
  await observer.query('rollback')
  context.injected(2)
  await forgetMembers(flow.group)
  await flow.start().during(flow.caughtUp())
  await flow.assertExactlyOnce()
})

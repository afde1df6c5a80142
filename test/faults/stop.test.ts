/**
 * SIGTERM under load: the program lets flow what is under way, leaves the group and exits with 0 inside its deadline;
 * the next start goes on. A second SIGTERM exits at once.
 */
import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { Flow } from './flow.ts'
import { forgetMembers } from './group.ts'
import { showingLogs } from './instance.ts'

const RECORDS = 90_000
const RECORDS_PER_SECOND = 30_000
const STOPS = 3
/** shutdown.deadline of the flows, and time for the process itself. */
const DEADLINE_MS = 5_000 + 2_000
const TERMINATED = 143
const test = suite('SIGTERM', { timeoutMs: 90_000 })

test(
  'under load it stops in order, and the next start goes on',
  showingLogs(async () => {
    const flow = await Flow.create()
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
      console.log(`stopped after ${Math.round(performance.now() - begin)} ms, lag ${await flow.lag()}`)
      assert.ok((await flow.lag()) > 0, 'there was no load when it stopped')
      assert.is(await forgetMembers(flow.group), 0, 'it left the group')
    }
    const last = flow.start()
    await Promise.all(producing)
    await last.during(flow.caughtUp())
    assert.equal(await last.kill('SIGTERM'), { code: 0, signal: null })
    await flow.assertExactlyOnce()
  }),
)

test(
  'a second SIGTERM exits at once',
  showingLogs(async () => {
    const flow = await Flow.create()
    await flow.produce({ records: 20_000 })
    const { observer } = flow
    const instance = flow.start()
    await instance.ready()
    await instance.during(flow.caughtUp())
    await observer.query('begin')
    await observer.query('lock table logs in access exclusive mode')
    await flow.produce({ records: 20_000 })
    const waiting = () =>
      observer.query(
        `select 1 as one from pg_locks where not granted and relation = 'logs'::regclass limit 1`,
      )
    await until(async () => (await waiting()).length > 0, { deadlineMs: 20_000, what: 'a blocked COPY' })
    instance.signal('SIGTERM')
    const isStopping = () => instance.events('supervisor:stop:requested').length > 0
    await until(isStopping, { deadlineMs: 5_000, what: 'the start of the stop' })
    assert.is(instance.ending, null, 'it waits for the blocked transaction')
    instance.signal('SIGTERM')
    assert.equal(await instance.stopped(1_000), { code: TERMINATED, signal: null })
    await observer.query('rollback')
    await forgetMembers(flow.group)
    await flow.start().during(flow.caughtUp())
    await flow.assertExactlyOnce()
  }),
)

test.run()

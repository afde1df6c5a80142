/**
 * A Postgres that lives and does not move: the table locked by somebody, a backend stopped in the middle of a COPY.
 * The program cuts the connection after postgres.stall_timeout and goes on by itself.
 */
import * as assert from 'uvu/assert'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 150_000
const RECORDS_PER_SECOND = 15_000
const STALL_SECONDS = 2
const LOCK_SECONDS = 5
export const scenario = new Scenario({
  rows: [23],
  name: 'stall',
  what: 'a Postgres that lives and does not move: a lock, a backend stopped in the middle of a COPY',
  timeoutMs: 90_000,
})
const settings = { 'postgres.stall_timeout': `${STALL_SECONDS}s` } as const

scenario.case('logs is locked for longer than the time-out', async context => {
  const flow = await context.flow({ settings })
  const { observer } = flow
  const instance = flow.start()
  const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
  const isFlowing = async () => (await observer.committed()) > 0
  await instance.during(until(isFlowing, { deadlineMs: 30_000, what: 'commits' }))
  await observer.query('begin')
  await observer.query('lock table logs in access exclusive mode')
  await observer.query(`select pg_sleep(${LOCK_SECONDS})`)
  assert.ok(instance.events('sink:transaction:failed').length > 0, 'no connection was given up')
  assert.not((await instance.readiness()).ready, 'it says that it does not get on')
  await observer.query('rollback')
  context.injected()
  await producing
  await instance.during(flow.caughtUp())
  await instance.ready()
  await flow.assertExactlyOnce()
})

scenario.case('a backend is stopped in the middle of a COPY, for longer than the time-out', async context => {
  const flow = await context.flow({ settings })
  const { observer } = flow
  const instance = flow.start()
  const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
  const pid = await instance.during(
    until(() => findCopy(flow), { deadlineMs: 30_000, everyMs: 1, what: 'a COPY under way' }),
  )
  process.kill(pid, 'SIGSTOP')
  let isStopped = true
  const goOn = () => {
    if (isStopped) process.kill(pid, 'SIGCONT')
    isStopped = false
  }
  cleanUp(goOn)
  const isGivenUp = () => instance.events('sink:transaction:failed').length > 0
  await instance.during(until(isGivenUp, { deadlineMs: 20_000, what: 'a connection given up' }))
  goOn()
  context.injected()
  await producing
  await instance.during(flow.caughtUp())
  await instance.ready()
  const left = await observer.query('select 1 as one from pg_stat_activity where pid = $1', [pid])
  assert.is(left.length, 0, 'the backend that was stopped has been ended')
  await flow.assertExactlyOnce()
})

async function findCopy({ observer }: Flow): Promise<number | undefined> {
  const rows = await observer.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and state = 'active'
       and application_name like 'logcollector writer %' and query like '%copy logcollector.logs%' limit 1`,
  )
  return rows[0]?.pid
}

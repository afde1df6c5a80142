/**
 * An instance that is stopped in the middle of a COPY and does not come back for long: its backend waits for data with a
 * transaction open. The heir is not held up by it, and ends it, so that nothing else in the database is held up for ever.
 */
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import type { Flow } from '../flow.ts'
import { forgetMembers } from '../group.ts'
import { FaultProxy } from '../proxy/proxy.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 20_000
/** Of a message that carries rows, not only the header of COPY. */
const ROWS_BYTES = 1_000
const settings = { 'postgres.stall_timeout': '2s', 'postgres.writers': '1' } as const

export const scenario = new Scenario({
  rows: [4],
  name: 'stopped-in-copy',
  what: 'an instance is stopped in the middle of a COPY and leaves a transaction behind',
  timeoutMs: 60_000,
})

/** Process ids of backends that wait for the rest of a COPY. */
async function waitingCopies({ observer }: Flow): Promise<number[]> {
  const rows = await observer.query<{ pid: number }>(
    `select pid from pg_stat_activity where datname = current_database() and state = 'active'
       and wait_event = 'ClientRead' and application_name like 'logcollector writer %' order by pid`,
  )
  return rows.map(({ pid }) => pid)
}

scenario.case(
  'the heir stores everything, and ends the backend of the one that was stopped',
  async context => {
    const flow = await context.flow({ partitions: 2, settings })
    const proxy = await FaultProxy.before(flow.url, 'postgres')
    const stopped = flow.start({ 'postgres.url': proxy.through(flow.url) })
    await stopped.ready()
    const inCopy = proxy.rule({
      direction: 'up',
      when: ({ kind, bytes }) => kind === 'd' && bytes.length > ROWS_BYTES,
      strike: ({ bytes }) => {
        proxy.stall()
        return bytes
      },
    })
    await flow.produce({ records: RECORDS })
    await stopped.during(until(() => inCopy.isSpent, { deadlineMs: 20_000, what: 'rows of a COPY' }))
    await stopped.kill('SIGSTOP')
    context.injected()
    const [left] = await waitingCopies(flow)
    assert.ok(left !== undefined, 'a backend waits for the rest of a COPY')
    await forgetMembers(flow.group)
    const heir = flow.start()
    await heir.during(flow.caughtUp())
    const isEnded = async () => !(await waitingCopies(flow)).includes(left)
    await heir.during(until(isEnded, { deadlineMs: 20_000, what: `the end of backend ${left}` }))
    proxy.heal()
    await stopped.kill('SIGCONT')
    await flow.produce({ records: RECORDS })
    await heir.during(flow.caughtUp())
    await stopped.ready()
    await flow.assertExactlyOnce()
  },
)

/** The line to Postgres stands still in the middle of a COPY, without a reset, also for new connections; then it moves again. */
import * as assert from 'uvu/assert'
import { until } from '../../support/wait.ts'
import { FaultProxy } from '../proxy/proxy.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 60_000
const RECORDS_PER_SECOND = 10_000
const ROWS_BYTES = 1_000

export const scenario = new Scenario({
  rows: [23],
  name: 'stalled-line',
  what: 'the line to Postgres stands still in the middle of a COPY, without a reset',
  timeoutMs: 60_000,
})

scenario.case('the connection is cut after postgres.stall_timeout, and a new one goes on', async context => {
  const settings = { 'postgres.stall_timeout': '2s', 'postgres.connect_timeout': '1s' } as const
  const flow = await context.flow({ settings })
  const proxy = await FaultProxy.before(flow.url, 'postgres')
  const instance = flow.start({ 'postgres.url': proxy.through(flow.url) })
  await instance.ready()
  const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
  const inCopy = proxy.rule({
    direction: 'up',
    when: ({ kind, bytes }) => kind === 'd' && bytes.length > ROWS_BYTES,
    strike: ({ bytes }) => {
      proxy.stall()
      return bytes
    },
  })
  await instance.during(until(() => inCopy.isSpent, { deadlineMs: 20_000, what: 'rows of a COPY' }))
  const isGivenUp = () => instance.events('sink:transaction:failed').length > 0
  await instance.during(until(isGivenUp, { deadlineMs: 20_000, what: 'a connection given up' }))
  const saysSo = async () => !(await instance.readiness()).ready
  await instance.during(
    until(saysSo, { deadlineMs: 20_000, what: '/readyz says that Postgres does not answer' }),
  )
  proxy.heal()
  context.injected()
  await producing
  await instance.during(flow.caughtUp())
  await instance.ready()
  assert.is(instance.events('source:partition:halted').length, 0)
  await flow.assertExactlyOnce()
})

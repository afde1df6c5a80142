/**
 * The roles as processes of their own on one host: two that consume, one that maintains, one for HTTP. One consumer is
 * killed while records flow: the other takes over, and verify finds every record once.
 */
import * as assert from 'uvu/assert'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { Flow } from './flow.ts'
import { type Instance, showingLogs } from './instance.ts'

const test = suite('roles', { timeoutMs: 90_000 })
const RECORDS = 30_000

const metrics = async (instance: Instance): Promise<string> =>
  (await fetch(`${await instance.url()}/metrics`)).text()

test(
  'two consume, one maintains, one answers: one that is killed costs nothing',
  showingLogs(async () => {
    const flow = await Flow.create({ partitions: 4, settings: { 'storage.verify_interval': '1s' } })
    const start = (roles: string): Instance => flow.start({ roles })
    const [doomed, survivor, keeper, api] = ['consume', 'consume,api', 'maintain', 'api'].map(start) as [
      Instance,
      Instance,
      Instance,
      Instance,
    ]
    const all = [doomed, survivor, keeper, api]
    await Promise.all(all.map(instance => instance.ready()))
    for (const instance of all)
      assert.is((await fetch(`${await instance.url()}/healthz`)).status, 200, 'each answers /healthz')

    const producing = flow.produce({ records: RECORDS, recordsPerSecond: 6_000 })
    for (const consumer of [doomed, survivor]) {
      const hasStored = async () => (await consumer.metric('stored_rows_total')) > RECORDS / 20
      await consumer.during(until(hasStored, { deadlineMs: 20_000, what: 'rows of each' }))
    }
    await doomed.kill('SIGKILL')
    await producing
    await survivor.during(flow.caughtUp())
    await flow.assertExactlyOnce()

    await keeper.during(
      until(async () => (await keeper.metric('verify_ok')) === 1, {
        deadlineMs: 10_000,
        what: 'a light verify',
      }),
    )
    assert.is(await survivor.metric('verify_ok'), 0, 'who only consumes does not verify')
    assert.match(await metrics(api), 'logcollector_ready 1')
    for (const instance of [keeper, api]) {
      assert.not.match(instance.text(), 'joined the consumer group')
      assert.not.match(await metrics(instance), /^logcollector_pressure_lag_seconds /m)
    }
    for (const instance of [survivor, keeper, api]) assert.is((await instance.kill('SIGTERM'))?.code, 0)
  }),
)

test(
  'without Postgres a process that answers says so, and lives on',
  showingLogs(async () => {
    const flow = await Flow.create({ partitions: 1 })
    const elsewhere = { 'postgres.url': 'postgres://127.0.0.1:1/nowhere', 'postgres.connect_timeout': '1s' }
    const api = flow.start({ roles: 'api', ...elsewhere })
    const isSaid = async () => (await api.readiness()).reasons.some(reason => reason.startsWith('store:'))
    await api.during(until(isSaid, { deadlineMs: 10_000, what: 'a reason in /readyz' }))
    assert.is((await fetch(`${await api.url()}/healthz`)).status, 200)
    assert.is((await api.kill('SIGTERM'))?.code, 0)
  }),
)

test.run()

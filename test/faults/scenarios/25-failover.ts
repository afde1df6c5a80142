/**
 * Two servers in postgres.url: a standby is passed over for the primary; when the primary is killed and the standby
 * promoted, the program finds it. Replication is asynchronous, so the new primary may know less: rows and positions
 * are missing together, and are fetched again.
 */
import * as assert from 'uvu/assert'
import { type Postgres, startPostgres } from '../../../stack/postgres.ts'
import { database } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { execute, urlOf } from '../../support/template.ts'
import { until } from '../../support/wait.ts'
import { Observer } from '../observer.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 100_000
const RECORDS_PER_SECOND = 20_000
const BEFORE_KILL = 30_000
export const scenario = new Scenario({
  rows: [25],
  name: 'failover',
  what: 'the primary is killed and a standby that knows less promoted; a server set to read-only',
  timeoutMs: 90_000,
})

async function startPair(): Promise<{ primary: Postgres; standby: Postgres }> {
  const settings = { fsync: 'off', shared_buffers: '64MB' }
  const primary = await startPostgres({ settings })
  cleanUp(() => primary.stop())
  const standby = await startPostgres({ settings, standbyOf: primary })
  cleanUp(() => standby.stop())
  return { primary, standby }
}

scenario.case(
  'the primary is killed under load, the standby promoted: nothing lost, nothing twice',
  async context => {
    const { primary, standby } = await startPair()
    const onPrimary = await database({ server: primary.url })
    const name = new URL(onPrimary).pathname.slice(1)
    const onStandby = urlOf(standby.url, name)
    const replicated = () => execute(onStandby, 'select 1').then(() => true)
    await until(replicated, { deadlineMs: 10_000, what: 'the database on the standby' })
    const flow = await context.flow({ database: onStandby })
    const hosts = `127.0.0.1:${standby.port},127.0.0.1:${primary.port}`
    const instance = flow.start({
      'postgres.url': `postgres://postgres@${hosts}/${name}?target_session_attrs=read-write`,
    })
    const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
    const before = new Observer(onPrimary, flow.topic)
    const isBusy = async () => (await before.committed()) >= BEFORE_KILL
    await instance.during(until(isBusy, { deadlineMs: 30_000, what: `${BEFORE_KILL} records` }))
    await primary.kill('SIGKILL')
    const saysSo = async () => {
      const reasons = (await instance.readiness()).reasons.join('\n')
      if (!/No server of postgres\.url takes writes .*standby/.test(reasons)) throw new Error(reasons)
      return true
    }
    await instance.during(until(saysSo, { deadlineMs: 20_000, what: '/readyz names the standby' }))
    await execute(standby.url, 'select pg_promote()')
    context.injected()
    await producing
    assert.is(flow.oracle.records, RECORDS)
    await instance.during(flow.caughtUp())
    await instance.ready()
    await flow.assertExactlyOnce()
  },
)

scenario.case(
  'a server that is set to read-only under its sessions is waited for, and named',
  async context => {
    const server = await startPostgres({ settings: { fsync: 'off', shared_buffers: '64MB' } })
    cleanUp(() => server.stop())
    const flow = await context.flow({ database: await database({ server: server.url }), partitions: 2 })
    const instance = flow.start()
    await flow.produce({ records: 2_000 })
    await instance.during(flow.caughtUp())
    const reload = 'select pg_reload_conf()'
    await execute(server.url, 'alter system set default_transaction_read_only = on', reload)
    await flow.produce({ records: 2_000 })
    const saysSo = async () =>
      (await instance.readiness()).reasons.some(reason => reason.includes('default_transaction_read_only'))
    await instance.during(until(saysSo, { deadlineMs: 20_000, what: '/readyz names the cause' }))
    await execute(server.url, 'alter system reset default_transaction_read_only', reload)
    context.injected()
    await instance.during(flow.caughtUp())
    await instance.ready()
    assert.ok(instance.events('sink:transaction:failed').some(({ sqlstate }) => sqlstate === '25006'))
    await flow.assertExactlyOnce()
  },
)

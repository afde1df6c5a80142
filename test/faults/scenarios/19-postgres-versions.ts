/**
 * The oldest and the newest Postgres that we promise: migrate, ingest, verify, kill -9 of the server and of the program.
 * LOGCOLLECTOR_TEST_POSTGRES_VERSIONS=15,16,17,18 names others.
 */
import * as assert from 'uvu/assert'
import { verify } from '../../../src/store/verify/index.ts'
import { startPostgres } from '../../../stack/postgres.ts'
import { database } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 60_000
const RECORDS_PER_SECOND = 20_000
const FIRST_KILL = 15_000
const SECOND_KILL = 30_000
const versions = (process.env.LOGCOLLECTOR_TEST_POSTGRES_VERSIONS ?? '15,18').split(',').map(Number)
export const scenario = new Scenario({
  rows: [19],
  name: 'postgres-versions',
  what: 'kill -9 of the oldest and of the newest Postgres that we promise',
  timeoutMs: 120_000,
})

for (const version of versions)
  scenario.case(`Postgres ${version}`, async context => {
    const server = await startPostgres({ version, settings: { shared_buffers: '64MB' } })
    cleanUp(() => server.stop())
    const flow = await context.flow({ database: await database({ server: server.url }) })
    const [row] = await flow.observer.query<{ major: number }>(
      `select current_setting('server_version_num')::integer / 10000 as major`,
    )
    assert.is(row!.major, version)
    const first = flow.start()
    const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
    const committed = (records: number) =>
      until(async () => (await flow.observer.committed()) >= records, {
        deadlineMs: 30_000,
        what: `${records} records`,
      })
    await first.during(committed(FIRST_KILL))
    await flow.observer.close()
    await server.kill('SIGKILL')
    await server.restart()
    context.injected()
    await first.during(committed(SECOND_KILL))
    await first.kill('SIGKILL')
    context.injected()
    const second = flow.start()
    await producing
    await second.during(flow.caughtUp())
    await second.ready()
    await flow.assertExactlyOnce()
    assert.ok((await verify(flow.url, { sinceMs: null })).ok)
    await second.kill('SIGTERM')
    await server.stop()
  })

/** A fast restart of Postgres, again and again under load: every session is told to go, and the next one is let in late. */
import * as assert from 'uvu/assert'
import { startPostgres } from '../../../stack/postgres.ts'
import { database } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 15_000
const RESTARTS = 3

export const scenario = new Scenario({
  rows: [20],
  name: 'restart-postgres',
  what: 'a fast restart of Postgres under load, three times',
  timeoutMs: 90_000,
})

scenario.case('it comes back by itself', async context => {
  const server = await startPostgres({ settings: { shared_buffers: '64MB' } })
  cleanUp(() => server.stop())
  const flow = await context.flow({ database: await database({ server: server.url }) })
  const instance = flow.start()
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  for (let restart = 0; restart < RESTARTS; restart++) {
    await instance.during(flow.flowing(`before restart ${restart}`))
    await flow.observer.close()
    await server.restart()
    context.injected()
  }
  await stopProducing()
  await instance.during(flow.caughtUp())
  await instance.ready()
  assert.is(instance.events('source:partition:halted').length, 0)
  await flow.assertExactlyOnce()
})

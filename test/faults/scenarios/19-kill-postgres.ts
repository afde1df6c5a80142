/**
 * kill -9 of a Postgres with all its processes. Writers commit with synchronous_commit=off, so the server forgets what
 * it had acknowledged in its last moments, rows and position together, and the program goes back and fetches again.
 */
import * as assert from 'uvu/assert'
import { type Postgres, startPostgres } from '../../../stack/postgres.ts'
import { database } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import type { Observer } from '../observer.ts'
import { Scenario } from '../scenario.ts'

const RECORDS = 300_000
const RECORDS_PER_SECOND = 20_000
const KILLS = 5
const MOST_BETWEEN_KILLS = 40_000
const ATTEMPTS_TO_GO_BACK = 4
export const scenario = new Scenario({
  rows: [19],
  name: 'kill-postgres',
  what: 'kill -9 of Postgres with all its processes, which forgets its last asynchronous commits',
  timeoutMs: 120_000,
})

/** A server as durable as Postgres ships, but slow to write what was committed asynchronously. */
async function createServer(walWriterDelay: string): Promise<Postgres> {
  const server = await startPostgres({ settings: { wal_writer_delay: walWriterDelay } })
  cleanUp(() => server.stop())
  return server
}

/** Kills the server and every process of it, and starts it again on its data. */
async function crash(server: Postgres, observer: Observer): Promise<void> {
  const rows = await observer.query<{ pid: number }>('select pid from pg_stat_activity')
  await observer.close()
  await server.kill('SIGKILL')
  for (const { pid } of rows) killIfThere(pid)
  await server.restart()
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // It noticed the end of its parent before us.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

scenario.case('under load nothing is lost and nothing is stored twice', async context => {
  const server = await createServer('200ms')
  const flow = await context.flow({ database: await database({ server: server.url }) })
  const { observer, random } = flow
  const instance = flow.start()
  const producing = flow.produce({ records: RECORDS, recordsPerSecond: RECORDS_PER_SECOND })
  let seen = 0
  const lost: number[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const target = seen + 1 + random.below(MOST_BETWEEN_KILLS)
    const isThere = async () => {
      seen = await observer.committed()
      return seen >= target
    }
    await instance.during(until(isThere, { deadlineMs: 30_000, everyMs: 2, what: `${target} records` }))
    await crash(server, observer)
    context.injected()
    const found = await observer.committed()
    lost.push(seen - found)
    seen = Math.min(seen, found)
  }
  console.log(`the position went back by ${lost.filter(records => records > 0).join(', ') || 'nothing'}`)
  await producing
  assert.is(flow.oracle.records, RECORDS)
  await instance.during(flow.caughtUp())
  await instance.ready()
  await flow.assertExactlyOnce()
})

scenario.case(
  'a position that went back while nothing flowed is noticed, and the records come again',
  async context => {
    const server = await createServer('10s')
    const flow = await context.flow({ database: await database({ server: server.url }), partitions: 2 })
    const instance = flow.start()
    let lost = 0
    for (let attempt = 0; attempt < ATTEMPTS_TO_GO_BACK && lost === 0; attempt++) {
      await flow.produce({ records: 1_000 })
      await instance.during(flow.caughtUp())
      const before = await flow.observer.committed()
      await crash(server, flow.observer)
      context.injected()
      // Read before the program has found its way back: nothing else moves the position.
      lost = before - (await flow.observer.committed())
      await instance.during(flow.caughtUp())
    }
    assert.ok(lost > 0, 'the server never forgot anything')
    console.log(`the position went back by ${lost}`)
    await flow.assertExactlyOnce()
  },
)

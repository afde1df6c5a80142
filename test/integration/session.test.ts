/**
 * A writer's connection and the backend of the one before it: ended where it can be, and known where it cannot, since
 * it may still commit.
 */
import * as assert from 'uvu/assert'
import { Session } from '../../src/sink/session.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'

const test = suite('session', { timeoutMs: 30_000 })

async function connect(url: string, predecessor: Session | null = null): Promise<Session> {
  const options = { url, name: 'logcollector writer 0', connectTimeoutMs: 5_000, stallTimeoutMs: 10_000 }
  const session = await Session.connect(options, predecessor?.backend ?? null)
  cleanUp(() => session.close())
  return session
}

test('the backend of a connection that is still open is ended', async () => {
  const url = await database()
  const first = await connect(url)
  await first.begin()
  const second = await connect(url, first)
  assert.ok(second.hasEndedPredecessor)
  await until(() => !first.isAlive, { deadlineMs: 5_000, what: 'the end of the first connection' })
})

test('a backend that cannot be ended is known', async () => {
  const first = await connect(await database())
  await first.begin()
  const { pid } = first.backend!
  const url = await database()
  process.kill(pid, 'SIGSTOP')
  try {
    assert.not((await connect(url, first)).hasEndedPredecessor)
  } finally {
    // Databases are dropped only when every backend has heard of it.
    process.kill(pid, 'SIGCONT')
  }
})

test('one that is gone needs no ending', async () => {
  const url = await database()
  const first = await connect(url)
  await first.close()
  await execute(url, `select pg_terminate_backend(${first.backend!.pid}, 5000)`)
  assert.ok((await connect(url, first)).hasEndedPredecessor)
})

test.run()

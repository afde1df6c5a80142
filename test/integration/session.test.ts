/**
 * A writer's connection and the backend of the one before it: ended where it can be, and known where it cannot, since
 * it may still commit. And the memory of a COPY that failed: once the socket is closed, nothing reads it.
 */
import { once } from 'node:events'
import { connect as connectTo, createServer, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { Session } from '../../src/sink/session.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { execute } from '../support/template.ts'
import { until } from '../support/wait.ts'

const test = suite('session', { timeoutMs: 30_000 })
/** A byte that the COPY did not hold. */
const LATER = 0xee

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

/** Between a client and Postgres: passes on until so many bytes came from the client, then reads nothing until told. */
async function openGate(url: string, passBytes: number) {
  const address = new URL(url)
  const target = { host: address.hostname, port: Number(address.port) }
  let held: Socket | null = null
  const late: Buffer[] = []
  const server = createServer(client => {
    const onward = connectTo(target)
    let passed = 0
    onward.pipe(client, { end: false })
    client.on('error', () => onward.destroy()).on('close', () => onward.destroy())
    onward.on('error', () => client.destroy())
    client.on('data', (chunk: Buffer) => {
      passed += chunk.length
      if (held !== null) late.push(chunk)
      else if (passed < passBytes) onward.write(chunk)
      else held = client.pause()
    })
  }).listen(0, target.host)
  await once(server, 'listening')
  cleanUp(() => void server.close())
  const { port } = server.address() as { port: number }
  address.port = String(port)
  return {
    url: address.href,
    isHolding: () => held !== null,
    /** Everything that still comes from the client, to its end. */
    async readOn(): Promise<Buffer> {
      const ended = once(held!, 'close')
      held!.resume()
      await ended
      return Buffer.concat(late)
    },
  }
}

test('after a COPY that stalls, the socket is closed before its memory is free: what is written there is not sent', async () => {
  const gate = await openGate(await database(), 16 * 1024)
  const options = { name: 'logcollector writer 0', connectTimeoutMs: 5_000, stallTimeoutMs: 1_000 }
  const session = await Session.connect({ url: gate.url, ...options }, null)
  cleanUp(() => session.close())
  const chunk = Buffer.from(new SharedArrayBuffer(32 * 1024 * 1024))
  const failure = await session.copy([chunk], 1).catch(error => error)
  assert.instance(failure, Error)
  assert.ok(gate.isHolding(), 'it stalled with the chunk under way')
  await session.close()
  chunk.fill(LATER)
  const late = await gate.readOn()
  assert.ok(late.length > 0 && late.length < chunk.length, `${late.length} bytes had left`)
  assert.is(late.indexOf(LATER), -1, 'none of the later content')
})

test.run()

/** The fault proxy itself: each of its faults does what the scenarios rely on, and nothing else. */
import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { createFramings, type Protocol } from './proxy/framing.ts'
import { FaultProxy } from './proxy/proxy.ts'
import { cutInside, flipByte } from './proxy/rule.ts'

const test = suite('faults/proxy', { timeoutMs: 10_000 })

/** A server that sends everything back, a proxy before it and a client that collects what comes. */
async function stage(protocol: Protocol | null = null) {
  const server = createServer(socket => {
    socket.on('error', () => undefined)
    socket.pipe(socket)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => void server.close())
  const proxy = await FaultProxy.start({ targetPort: (server.address() as AddressInfo).port, protocol })
  const client = connect({ port: proxy.port, host: '127.0.0.1', allowHalfOpen: true })
  cleanUp(() => void client.destroy())
  let received = Buffer.alloc(0)
  let problem: string | undefined
  client.on('data', chunk => {
    received = Buffer.concat([received, chunk])
  })
  client.on('error', (error: NodeJS.ErrnoException) => {
    problem = error.code
  })
  await once(client, 'connect')
  return {
    proxy,
    client,
    text: () => received.toString('latin1'),
    problem: () => problem,
    gets: (text: string) =>
      until(() => received.toString('latin1') === text, { deadlineMs: 5000, what: `"${text}" comes back` }),
  }
}

const ended = (client: Socket): Promise<unknown> =>
  until(() => client.readableEnded || client.destroyed, { deadlineMs: 5000, what: 'the end of the stream' })

test('passes everything on, in both directions and to the end', async () => {
  const { client, gets } = await stage()
  client.end('as it is')
  await gets('as it is')
  await ended(client)
})

test('stalls without a reset and goes on where it was', async () => {
  const { client, proxy, gets, text, problem } = await stage()
  client.write('one')
  await gets('one')
  proxy.stall()
  client.write('two')
  // Whatever else goes through the process in the meantime: what is stalled stays where it is.
  const other = await stage()
  other.client.write('other')
  await other.gets('other')
  assert.equal([text(), problem(), proxy.connections], ['one', undefined, 1])
  proxy.heal()
  await gets('onetwo')
})

test('delays and throttles', async () => {
  const { client, proxy, gets } = await stage()
  proxy.delay(100, ['down'])
  const begin = performance.now()
  client.write('late')
  await gets('late')
  assert.ok(performance.now() - begin >= 95)
  proxy.heal()
  proxy.throttle(10_000, ['up'])
  const since = performance.now()
  client.write('x'.repeat(2_000))
  await gets(`late${'x'.repeat(2_000)}`)
  assert.ok(performance.now() - since >= 195)
})

test('resets, refuses and lets in again', async () => {
  const { client, proxy, problem } = await stage()
  await until(() => proxy.connections === 1, { deadlineMs: 5000, what: 'the connection' })
  assert.is(proxy.reset(), 1)
  await until(() => problem() === 'ECONNRESET', { deadlineMs: 5000, what: 'a reset' })
  assert.ok(client.destroyed)
  proxy.refuse()
  const refused = connect({ port: proxy.port, host: '127.0.0.1' })
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
  assert.is(error.code, 'ECONNRESET')
  proxy.heal()
  assert.is(proxy.accepted, 1)
  const again = connect({ port: proxy.port, host: '127.0.0.1' })
  await until(() => proxy.accepted === 2, { deadlineMs: 5000, what: 'another connection' })
  again.destroy()
})

test('half-closes: who receives sees the end, and may still send', async () => {
  const { client, proxy, gets } = await stage()
  client.write('before')
  await gets('before')
  proxy.halfClose('down')
  await ended(client)
  assert.ok(client.writable)
})

test('flips one bit of a message that a rule waits for, and cuts inside of one', async () => {
  const { client, proxy, gets } = await stage()
  const flip = proxy.rule({
    direction: 'down',
    when: ({ bytes }) => bytes.includes('this'),
    strike: flipByte(-1),
  })
  client.write('that')
  await gets('that')
  client.write('this')
  await gets('thatthic')
  assert.ok(flip.isSpent)
  proxy.rule({ direction: 'down', when: () => true, strike: cutInside(2) })
  client.write('other')
  await gets('thatthicot')
  await ended(client)
})

test('cuts after so many bytes', async () => {
  const { client, proxy, gets, problem } = await stage()
  proxy.cutAfterBytes('down', 5)
  client.write('1234')
  await gets('1234')
  client.write('56')
  await until(() => problem() === 'ECONNRESET', { deadlineMs: 5000, what: 'a reset' })
  await gets('1234')
})

/** Postgres: startup, then Query; and the answers CommandComplete and ReadyForQuery. */
const startup = Buffer.from([0, 0, 0, 8, 0, 3, 0, 0])
const query = Buffer.from('Q\0\0\0\x09ping\0', 'latin1')
const done = Buffer.from('C\0\0\0\x0bCOMMIT\0Z\0\0\0\x05I', 'latin1')
/** Kafka: size, API 1 (Fetch), version 11, correlation id 7; and its answer. */
const fetchRequest = Buffer.from([0, 0, 0, 8, 0, 1, 0, 11, 0, 0, 0, 7])
const fetchAnswer = Buffer.from([0, 0, 0, 6, 0, 0, 0, 7, 1, 2])

test('finds the messages of each protocol, however the stream is cut', () => {
  const cases: readonly [Protocol, 'up' | 'down', Buffer, string[]][] = [
    ['postgres', 'up', Buffer.concat([startup, query, query]), ['startup', 'Q', 'Q']],
    ['postgres', 'down', done, ['C', 'Z']],
    ['redis', 'up', Buffer.from('*2\r\n$3\r\nget\r\n$1\r\na\r\n*1\r\n$4\r\nping\r\n'), ['GET', 'PING']],
    ['redis', 'down', Buffer.from('$-1\r\n+PONG\r\n*2\r\n:1\r\n$2\r\nab\r\n'), ['', '', '']],
    ['kafka', 'up', Buffer.concat([fetchRequest, fetchRequest]), ['Fetch', 'Fetch']],
  ]
  for (const [protocol, direction, stream, kinds] of cases)
    for (let size = 1; size <= stream.length; size++) {
      const framing = createFramings(protocol)[direction]
      const found = []
      for (let at = 0; at < stream.length; at += size)
        found.push(...framing.take(stream.subarray(at, at + size)))
      assert.equal(
        found.map(({ kind }) => kind),
        kinds,
        `${protocol} in pieces of ${size}`,
      )
      assert.equal(Buffer.concat(found.map(({ bytes }) => bytes)), stream)
    }
  const { up: ask, down: answer } = createFramings('postgres')
  const question = Buffer.from([0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f])
  ask.take(Buffer.concat([question, startup]))
  assert.equal(
    answer.take(Buffer.concat([Buffer.from('N'), done])).map(({ kind }) => kind),
    ['encryption', 'C', 'Z'],
  )
  const { up, down } = createFramings('kafka')
  up.take(fetchRequest)
  assert.equal(
    down.take(fetchAnswer).map(({ kind }) => kind),
    ['Fetch'],
  )
})

test.run()

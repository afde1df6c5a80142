/** The frame reader on TLS sockets: the bytes land in place, and after 'close' nothing is written any more. */
import { readFileSync } from 'node:fs'
import type { AddressInfo, Socket } from 'node:net'
import { createServer, type TLSSocket } from 'node:tls'
import * as assert from 'uvu/assert'
import { arenaSocketFactory, readerOf } from '../../src/source/kafka/frames.ts'
import { createAuthority } from '../support/certificates.ts'
import { cleanUp, suite } from '../support/suite.ts'

const test = suite('frame reader on TLS', { timeoutMs: 20_000 })
const BODY_BYTES = 4 * 1024 * 1024
const MARGIN = 64
const FETCH_ID = 7
const FOREIGN_ID = 8

const frame = (id: number, body: Uint8Array): Buffer => {
  const head = Buffer.alloc(8)
  head.writeInt32BE(4 + body.length, 0)
  head.writeInt32BE(id, 4)
  return Buffer.concat([head, body])
}

const fetchRequest = (): Buffer => {
  const bytes = Buffer.alloc(20)
  bytes.writeInt32BE(16, 0)
  bytes.writeInt16BE(1, 4)
  bytes.writeInt32BE(FETCH_ID, 8)
  return bytes
}

/** A server that answers each request with `answer`, and a client of our factory. */
async function connect(answer: Buffer): Promise<{ client: Socket; accepted: Promise<TLSSocket> }> {
  const authority = await createAuthority('frames')
  const { cert, key } = await authority.sign('broker', ['localhost'])
  const server = createServer({ cert: readFileSync(cert), key: readFileSync(key) })
  const accepted = new Promise<TLSSocket>(resolve =>
    server.on('secureConnection', socket => {
      socket.on('data', () => socket.write(answer))
      // A client that destroys its end is what one of the tests is about.
      socket.on('error', () => undefined)
      resolve(socket)
    }),
  )
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => void server.close())
  const { port } = server.address() as AddressInfo
  const ssl = { ca: readFileSync(authority.cert) }
  const client = await new Promise<Socket>((resolve, reject) => {
    const socket = arenaSocketFactory({ host: 'localhost', port, ssl, onConnect: () => resolve(socket) })
    socket.on('error', reject)
  })
  cleanUp(() => void client.destroy())
  return { client, accepted }
}

/** Shared memory, as the arena is, with a margin on both sides of the place. */
const memory = (): Uint8Array => new Uint8Array(new SharedArrayBuffer(BODY_BYTES + 2 * MARGIN)).fill(0xaa)

test('the name is asked for, a large body lands in its place, and what follows passes', async () => {
  const body = Buffer.alloc(BODY_BYTES, 'a body of a Fetch response; ')
  const foreign = frame(FOREIGN_ID, Buffer.from('for kafkajs'))
  const { client, accepted } = await connect(Buffer.concat([frame(FETCH_ID, body), foreign]))
  assert.is((await accepted).servername, 'localhost')
  const bytes = memory()
  const passed: Buffer[] = []
  const whole = new Promise<void>(resolve =>
    client.on('data', (piece: Buffer) => {
      passed.push(piece)
      if (Buffer.concat(passed).length === 8 + foreign.length) resolve()
    }),
  )
  readerOf(client).announce({ place: count => bytes.subarray(MARGIN, MARGIN + count) })
  client.write(fetchRequest())
  await whole
  assert.ok(Buffer.concat(passed).equals(Buffer.concat([frame(FETCH_ID, Buffer.alloc(0)), foreign])))
  const expected = memory()
  expected.set(body, MARGIN)
  assert.ok(Buffer.from(bytes.buffer).equals(Buffer.from(expected.buffer)))
})

test('destroyed in the middle of a body: from its close on, nothing writes there', async () => {
  const { client, accepted } = await connect(frame(FETCH_ID, Buffer.alloc(BODY_BYTES, 'late ')))
  const server = await accepted
  const bytes = memory()
  client.removeAllListeners('error').on('error', () => undefined)
  const closed = new Promise<void>(resolve => client.once('close', () => resolve()))
  readerOf(client).announce({
    place: count => {
      // Between two of the pieces that one read of the socket is decrypted into.
      process.nextTick(() => client.destroy(new Error('time-out')))
      return bytes.subarray(MARGIN, MARGIN + count)
    },
  })
  client.write(fetchRequest())
  await closed
  assert.ok(bytes.includes(0x6c), 'something had come before')
  bytes.fill(0xbb)
  if (!server.closed) await new Promise(resolve => server.once('close', resolve))
  await new Promise(resolve => setImmediate(resolve))
  assert.ok(bytes.every(byte => byte === 0xbb))
})

test.run()

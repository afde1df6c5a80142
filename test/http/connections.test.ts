/** How many connections the server holds, and how long for those that send nothing whole (src/http/server.ts). */
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { buildServer, listenOn } from '../../src/http/server.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('http/connections', { timeoutMs: 20_000 })
const MOST = 3

async function serverWith(onRefused: () => void) {
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: null,
    metrics: { contentType: 'text/plain', render: async () => '' },
    maxConnections: MOST,
    onRefused,
  })
  const { port } = new URL(await listenOn(server, { host: '127.0.0.1', port: 0 }))
  return { server, port: Number(port) }
}

async function answerOn(socket: Socket): Promise<string> {
  let text = ''
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece
  })
  socket.write('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n')
  await until(() => text.includes('ok\n'), { deadlineMs: 10_000, what: 'an answer' })
  return text
}

test('connections beyond the most are closed and told of; those that stand go on, and a place is free again', async () => {
  let refused = 0
  const { port, server } = await serverWith(() => refused++)
  const sockets: Socket[] = []
  const open = async (): Promise<Socket> => {
    const socket = connect(port, '127.0.0.1')
    socket.on('error', () => undefined)
    sockets.push(socket)
    await once(socket, 'connect')
    return socket
  }
  try {
    const held = [await open(), await open(), await open()]
    for (const socket of held) assert.match(await answerOn(socket), '200')
    const over = await open()
    const closed = once(over, 'close')
    over.resume()
    await closed
    assert.is(refused, 1)
    assert.match(await answerOn(held[0]!), '200')
    held[1]!.destroy()
    const isFree = async () => {
      const socket = await open()
      const gone = once(socket, 'close').then(() => null)
      return Promise.race([answerOn(socket).catch(() => null), gone])
    }
    await until(isFree, { deadlineMs: 10_000, what: 'a place for another' })
  } finally {
    for (const socket of sockets) socket.destroy()
    await server.close()
  }
})

test('headers, requests and idle connections have their time, headers their size', () => {
  const { server } = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: null,
    metrics: { contentType: 'text/plain', render: async () => '' },
  })
  for (const ms of [server.headersTimeout, server.requestTimeout, server.keepAliveTimeout])
    assert.ok(ms > 0 && ms <= 120_000, String(ms))
})

test('headers that are too large are refused, not kept', async () => {
  const { port, server } = await serverWith(() => undefined)
  const socket = connect(port, '127.0.0.1')
  let text = ''
  socket.setEncoding('latin1').on('data', (piece: string) => {
    text += piece
  })
  socket.on('error', () => undefined)
  try {
    await once(socket, 'connect')
    const closed = once(socket, 'close')
    socket.write(`GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ${'a'.repeat(70_000)}\r\n\r\n`)
    await closed
    assert.match(text, ' 431 ')
  } finally {
    socket.destroy()
    await server.close()
  }
})

test.run()

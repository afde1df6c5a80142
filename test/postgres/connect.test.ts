/** Servers that accept a connection and then say nothing: given up in time, each named, and the next one is tried. */
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { connectClient } from '../../src/postgres/connect.ts'
import { cleanUp, suite } from '../support/suite.ts'

const test = suite('postgres/connect')
/** AuthenticationOk and ReadyForQuery. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49])

/** Answers with these, one for each message that comes, and no more. Returns its port. */
async function startMute(...answers: readonly Buffer[]): Promise<number> {
  const sockets: Socket[] = []
  const server = createServer(socket => {
    const left = [...answers]
    sockets.push(socket)
    socket.on('error', () => undefined)
    socket.on('data', () => {
      const answer = left.shift()
      if (answer !== undefined) socket.write(answer)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  cleanUp(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as { port: number }).port
}

const connect = (hosts: string): Promise<unknown> =>
  connectClient({
    url: `postgres://u@${hosts}/db`,
    name: 'test',
    connectTimeoutMs: 200,
    access: 'write',
  }).catch(error => error)

test('mute from the start, and mute after the start of the session', async () => {
  const mute = await startMute()
  assert.match(String(await connect(`127.0.0.1:${mute}`)), `no connection to 127.0.0.1:${mute} within 200 ms`)
  const late = await startMute(Buffer.from('N'), WELCOME)
  assert.match(String(await connect(`127.0.0.1:${late}`)), `no session on 127.0.0.1:${late} within 200 ms`)
})

test('several hosts: every one is tried, and the error says why each of them failed', async () => {
  const [first, second] = [await startMute(), await startMute(Buffer.from('N'), WELCOME)]
  const error = await connect(`127.0.0.1:${first},127.0.0.1:${second},127.0.0.1:1`)
  assert.instance(error, PipelineError)
  const { code, context } = error as PipelineError
  assert.is(code, 'POSTGRES_UNAVAILABLE')
  const reason = String(context.reason)
  assert.match(reason, `127.0.0.1:${first}: no connection`)
  assert.match(reason, `127.0.0.1:${second}: no session`)
  assert.match(reason, /127\.0\.0\.1:1: connect ECONNREFUSED/)
})

test('who puts something between the answer and TLS is not taken for Postgres', async () => {
  const port = await startMute(Buffer.from('Sxyz'))
  assert.match(String(await connect(`127.0.0.1:${port}`)), 'does not speak the protocol')
})

test.run()

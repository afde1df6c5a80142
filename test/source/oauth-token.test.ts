/** Tokens by client credentials: kept, shared, renewed; what the provider answers otherwise (src/source/kafka/oauth-token.ts). */
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo, Server } from 'node:net'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { TokenSource } from '../../src/source/kafka/oauth-token.ts'
import { createAuthority } from '../support/certificates.ts'
import { cleanUp, suite } from '../support/suite.ts'

const test = suite('OAuth tokens')
const SECRET = 'secret: 4711 %'

type Answer = (request: IncomingMessage, response: ServerResponse, body: string) => void

/** A provider that answers so; counts the requests. */
async function provider(server: Server, state: { answer: Answer; asked: number }, ca: string | null = null) {
  const listener: RequestListener = (request, response) => {
    let body = ''
    request.on('data', piece => {
      body += String(piece)
    })
    request.on('end', () => {
      state.asked += 1
      state.answer(request, response, body)
    })
  }
  server.on('request', listener)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  cleanUp(() => void server.close())
  const { port } = server.address() as AddressInfo
  const protocol = 'setSecureContext' in server ? 'https' : 'http'
  return new TokenSource({
    tokenUrl: `${protocol}://localhost:${port}/oauth/token?tenant=hidden`,
    clientId: 'a client',
    clientSecret: SECRET,
    scope: 'logs read',
    ca,
  })
}

const gives =
  (token: object): Answer =>
  (_, response) =>
    void response.end(JSON.stringify(token))

async function plain(answer: Answer) {
  const state = { answer, asked: 0 }
  return { state, tokens: await provider(createServer(), state) }
}

const failureOf = async (tokens: TokenSource): Promise<PipelineError> => {
  const error = await tokens.get().then(
    () => assert.unreachable('a token'),
    thrown => thrown,
  )
  assert.ok(error instanceof PipelineError && error.code === 'KAFKA_TOKEN_FAILED', String(error))
  assert.not.match(`${error.message}${String(error.cause)}`, /4711|hidden/)
  return error
}

test('one request for all who ask at a time, and none while the token is fresh', async () => {
  let seen = ''
  const { state, tokens } = await plain((request, response, body) => {
    seen = `${request.method} ${request.headers.authorization} ${body}`
    response.end(JSON.stringify({ access_token: 'abc', expires_in: 60 }))
  })
  assert.equal(await Promise.all([tokens.get(), tokens.get(), tokens.get()]), ['abc', 'abc', 'abc'])
  assert.is(await tokens.get(), 'abc')
  assert.is(state.asked, 1)
  const credentials = Buffer.from('a%20client:secret%3A%204711%20%25').toString('base64')
  assert.is(seen, `POST Basic ${credentials} grant_type=client_credentials&scope=logs+read`)
})

test('a token that would not outlast the next login is asked for anew, and serves while the provider is away', async () => {
  const { state, tokens } = await plain(gives({ access_token: 'first', expires_in: 5 }))
  assert.is(await tokens.get(), 'first')
  state.answer = gives({ access_token: 'second', expires_in: '5' })
  assert.is(await tokens.get(), 'second')
  state.answer = (_, response) => void response.writeHead(503).end('away')
  assert.is(await tokens.get(), 'second')
  assert.is(state.asked, 3)
})

test('what is no token', async () => {
  const { state, tokens } = await plain((_, response) =>
    response.writeHead(401).end(JSON.stringify({ error: 'invalid_client', error_description: SECRET })),
  )
  assert.match((await failureOf(tokens)).message, /reason=status 401, invalid_client\)/)
  state.answer = (_, response) => void response.end('<html>4711</html>')
  assert.match((await failureOf(tokens)).message, 'no access_token')
  state.answer = gives({ access_token: 'two\u0001parts' })
  assert.match((await failureOf(tokens)).message, 'no access_token')
  state.answer = gives({ access_token: 'a', expires_in: 0 })
  assert.match((await failureOf(tokens)).message, 'no time ahead')
  state.answer = (_, response) => void response.end('x'.repeat(300_000))
  assert.match((await failureOf(tokens)).message, 'too long')
  state.answer = (request, response) => {
    request.socket.destroy()
    response.end()
  }
  assert.match((await failureOf(tokens)).message, 'socket hang up')
})

test('a provider with an authority of its own', async () => {
  const authority = await createAuthority('provider')
  const { cert, key } = await authority.sign('provider', ['localhost'])
  const secure = () => createSecureServer({ cert: readFileSync(cert), key: readFileSync(key) })
  const state = { answer: gives({ access_token: 'abc' }), asked: 0 }
  assert.is(await (await provider(secure(), state, readFileSync(authority.cert, 'utf8'))).get(), 'abc')
  const failure = await failureOf(await provider(secure(), state))
  assert.match(failure.message, /self.signed|certificate/)
  assert.is(state.asked, 1)
})

test.run()

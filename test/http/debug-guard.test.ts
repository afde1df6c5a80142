/** Who may see what is below /debug (src/http/debug/guard.ts), asked of every route. */
import * as assert from 'uvu/assert'
import type { DebugDeps } from '../../src/http/deps.ts'
import { buildServer } from '../../src/http/server.ts'
import { debugDeps } from '../support/debug-deps.ts'
import { suite } from '../support/suite.ts'

const test = suite('http/debug-guard', { timeoutMs: 20_000 })

const token = 'a:secret-of-24-characters'
const routes = [
  ['GET', '/debug'],
  ['GET', '/debug/config'],
  ['GET', '/debug/memory'],
  ['GET', '/debug/heap'],
  ['GET', '/debug/cpu-profile?seconds=1'],
  ['GET', '/debug/log-level'],
  ['PUT', '/debug/log-level'],
] as const
/** Those that neither take long nor change anything. */
const quick = '/debug/log-level'

const serverWith = (changes: Partial<DebugDeps> = {}) =>
  buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: debugDeps(changes),
    metrics: { contentType: 'text/plain', render: async () => '' },
  })
const codeOf = (answer: { json(): unknown }): string | undefined =>
  (answer.json() as { error?: { code: string } }).error?.code

for (const [method, url] of routes) {
  test(`${method} ${url} without a token is refused to another machine`, async () => {
    const answer = await serverWith().inject({ method, url, remoteAddress: '10.1.2.3' })
    assert.equal([answer.statusCode, codeOf(answer)], [403, 'HTTP_FORBIDDEN'])
  })

  test(`${method} ${url} with a token set asks for it, from this machine too`, async () => {
    const answer = await serverWith({ token }).inject({ method, url, remoteAddress: '127.0.0.1' })
    assert.equal([answer.statusCode, codeOf(answer)], [401, 'HTTP_UNAUTHORIZED'])
    assert.match(String(answer.headers['www-authenticate']), 'Bearer')
  })
}

test('errors have one shape: code, message and remedy, and no token', async () => {
  const { error } = (await serverWith({ token }).inject(quick)).json<{ error: Record<string, string> }>()
  assert.equal(Object.keys(error), ['code', 'message', 'remedy'])
  assert.match(error.remedy!, 'http.debug_token')
  assert.not.match(JSON.stringify(error), token)
})

for (const [header, status] of [
  [`Bearer ${token}`, 200],
  [`bearer  ${token}`, 200],
  [`Bearer ${token}x`, 401],
  [`Bearer ${token.slice(0, -1)}`, 401],
  [`Basic ${token}`, 401],
  ['Bearer ', 401],
  [token, 401],
] as const)
  test(`"${header}" from another machine is ${status}`, async () => {
    const headers = { authorization: header }
    const answer = await serverWith({ token }).inject({ url: quick, headers, remoteAddress: '10.1.2.3' })
    assert.is(answer.statusCode, status)
  })

for (const [remoteAddress, status] of [
  ['127.0.0.1', 200],
  ['127.8.9.10', 200],
  ['::1', 200],
  ['::ffff:127.0.0.1', 200],
  ['::ffff:10.1.2.3', 403],
  ['192.168.0.1', 403],
  ['fe80::1', 403],
] as const)
  test(`without a token ${remoteAddress} is ${status}`, async () => {
    assert.is((await serverWith().inject({ url: quick, remoteAddress })).statusCode, status)
  })

for (const [headers, status] of [
  [{ host: 'localhost:8080' }, 200],
  [{ host: '127.0.0.1:8080' }, 200],
  [{ host: '[::1]:8080' }, 200],
  [{ host: 'evil.example' }, 403],
  [{ host: 'localhost.evil.example' }, 403],
  [{ 'x-forwarded-for': '10.1.2.3' }, 403],
  [{ forwarded: 'for=10.1.2.3' }, 403],
] as const)
  test(`without a token ${JSON.stringify(headers)} on this machine is ${status}`, async () => {
    assert.is((await serverWith().inject({ url: quick, headers })).statusCode, status)
  })

test('an empty token is none: it opens nothing to another machine', async () => {
  const headers = { authorization: 'Bearer ' }
  const answer = await serverWith().inject({ url: quick, headers, remoteAddress: '10.1.2.3' })
  assert.is(answer.statusCode, 403)
})

test('health, readiness and metrics ask for nothing', async () => {
  const server = serverWith({ token })
  for (const url of ['/healthz', '/readyz', '/metrics'])
    assert.is((await server.inject({ url, remoteAddress: '10.1.2.3' })).statusCode, 200)
})

test.run()

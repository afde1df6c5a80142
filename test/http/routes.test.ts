/**
 * Every route that the server has, as the server itself names them: open only where SECURITY.md says so, and behind the
 * scope that docs/api.md says. A new route without a guard fails here.
 */
import { createHash } from 'node:crypto'
import type { FastifyInstance } from 'fastify'
import * as assert from 'uvu/assert'
import type { ApiDeps } from '../../src/http/api/deps.ts'
import { buildServer } from '../../src/http/server.ts'
import { debugDeps } from '../support/debug-deps.ts'
import { suite } from '../support/suite.ts'

const test = suite('http/routes', { timeoutMs: 20_000 })

/** Without a key, from anywhere. The description of the API is no secret. */
const open = /^\/(healthz|readyz|metrics|api\/v1\/openapi\.json|api\/v1\/docs(\/.*)?)$/
/** What changes something, with the scope that it takes. */
const writes: Readonly<Record<string, 'write' | 'admin'>> = {
  'POST /api/v1/ingest': 'write',
  'POST /v1/logs': 'write',
  'POST /api/v1/dead-letters/replay': 'admin',
}
const TOKEN = 'token-of-this-test-only'
const elsewhere = { remoteAddress: '10.1.2.3' }

const keyOf = (id: string): string => `lc_${id.padEnd(12, '0')}_${id.padEnd(43, 's')}`
const scopes = ['read', 'write', 'admin'] as const

const stub = (): never => {
  throw new Error('a route was reached')
}
/** Whatever is asked of it is a method that throws. */
const stubs = <T extends object>(): T => new Proxy({}, { get: () => stub }) as T

function apiDeps(wantsKeys: boolean): ApiDeps {
  const find = async (id: string) => {
    const scope = scopes.find(name => keyOf(name).includes(`_${id}_`))
    if (scope === undefined) return null
    const hash = createHash('sha256').update(keyOf(scope).slice(-43)).digest()
    return { id, hash, scopes: [scope] }
  }
  return {
    access: wantsKeys ? { find } : null,
    rateLimit: 0,
    corsOrigins: [],
    version: '0',
    queries: stubs(),
    letters: stubs(),
    lag: stub,
    intake: stubs(),
    tail: stubs(),
  }
}

interface Found {
  readonly server: FastifyInstance
  /** Such as "GET /api/v1/logs". */
  readonly routes: readonly { readonly name: string; readonly method: string; readonly path: string }[]
}

async function routesOf({ hasDebug = true, token = TOKEN, wantsKeys = true } = {}): Promise<Found> {
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: hasDebug ? debugDeps({ token }) : null,
    metrics: { contentType: 'text/plain', render: async () => '' },
    api: apiDeps(wantsKeys),
  })
  const routes: Found['routes'][number][] = []
  server.addHook('onRoute', ({ method, url }) => {
    for (const each of [method].flat()) routes.push({ name: `${each} ${url}`, method: each, path: url })
  })
  await server.ready()
  return { server, routes }
}

const values: Readonly<Record<string, string>> = {
  ':topic': 't',
  ':partition': '0',
  ':offset': '1',
  '*': 'x',
}
const urlOf = (path: string): string => path.replace(/:\w+|\*/g, name => values[name] ?? 'x')

async function ask({ server }: Found, method: string, path: string, key?: string): Promise<number> {
  const headers = {
    host: 'logs.example.com',
    ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
  }
  const answer = await server.inject({ method: method as 'GET', url: urlOf(path), headers, ...elsewhere })
  return answer.statusCode
}

/** Preflights answer with headers alone. */
const guarded = ({ routes }: Found) =>
  routes.filter(({ method, path }) => method !== 'OPTIONS' && !open.test(path))

test('the server has the routes that are documented', async () => {
  const { routes } = await routesOf()
  const names = routes.map(({ name }) => name)
  for (const name of ['GET /healthz', 'GET /debug/heap', 'GET /api/v1/tail', ...Object.keys(writes)])
    assert.ok(names.includes(name), name)
  const changing = routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS'].includes(method))
  assert.equal(
    changing.map(({ name }) => name).sort(),
    [...Object.keys(writes), 'PUT /debug/log-level'].sort(),
  )
})

test('without a key every other route is refused, and with a wrong one', async () => {
  const found = await routesOf()
  for (const { method, name, path } of guarded(found))
    for (const key of [undefined, keyOf('nobody'), `${keyOf('admin').slice(0, -1)}x`, 'x'])
      assert.is(await ask(found, method, path, key), 401, `${name} with ${key}`)
})

test('each is reached with its scope and with no lesser one', async () => {
  const found = await routesOf()
  for (const { method, name, path } of guarded(found)) {
    const isDebug = path.startsWith('/debug')
    const needed = writes[name] ?? 'read'
    for (const scope of scopes) {
      const status = await ask(found, method, path, keyOf(scope))
      const mayPass = scope === needed || scope === 'admin'
      if (isDebug) assert.is(status, 401, `${name} with a key of the API`)
      else if (mayPass) assert.ok(![401, 403].includes(status), `${name} with ${scope}: ${status}`)
      else assert.is(status, 403, `${name} with ${scope}`)
    }
  }
})

test('the token of /debug opens /debug and nothing else', async () => {
  const found = await routesOf()
  for (const { method, name, path } of guarded(found))
    if (!path.startsWith('/debug')) assert.is(await ask(found, method, path, TOKEN), 401, name)
  assert.is(await ask(found, 'GET', '/debug/log-level', TOKEN), 200)
})

test('without keys and token another machine is refused everywhere, and this one by another name', async () => {
  const found = await routesOf({ token: '', wantsKeys: false })
  for (const { method, name, path } of guarded(found)) {
    assert.is(await ask(found, method, path), 403, name)
    const rebound = { method: method as 'GET', url: urlOf(path), headers: { host: 'evil.example' } }
    assert.is((await found.server.inject(rebound)).statusCode, 403, `${name} by another name`)
  }
})

test('/debug is not there unless it is configured, nor is the API of a process without the role', async () => {
  const found = await routesOf({ hasDebug: false })
  assert.equal(
    found.routes.filter(({ path }) => path.startsWith('/debug')),
    [],
  )
  assert.is(await ask(found, 'GET', '/debug', TOKEN), 404)
  const server = buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug: null,
    metrics: { contentType: 'text/plain', render: async () => '' },
  })
  for (const url of ['/api/v1/logs', '/api/v1/openapi.json', '/api/v1/docs', '/v1/logs'])
    assert.is((await server.inject(url)).statusCode, 404, url)
})

test.run()

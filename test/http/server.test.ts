/** Routes of src/http by inject(), and what listening says when the port is taken. */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import type { DebugDeps } from '../../src/http/deps.ts'
import { buildServer, listenOn } from '../../src/http/server.ts'
import type { Readiness } from '../../src/snapshot.ts'
import { debugDeps, debugState } from '../support/debug-deps.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('http/server')

const serverWith = (readiness: Readiness, debug: DebugDeps | null = null) =>
  buildServer({
    readiness: () => readiness,
    debug,
    metrics: { contentType: 'text/plain; version=0.0.4; charset=utf-8', render: async () => 'm 1\n' },
  })
const busy: Readiness = { ok: false, reasons: ['Kafka does not answer', 't/3 is halted'] }

test('/healthz answers even when nothing is ready', async () => {
  const answer = await serverWith(busy).inject('/healthz')
  assert.equal([answer.statusCode, answer.body], [200, 'ok\n'])
})

test('a request that never ends is not waited for', () => {
  const { requestTimeout, headersTimeout } = serverWith(busy).server
  assert.ok(requestTimeout > 0 && headersTimeout > 0)
})

test('/readyz is 200 when ready', async () => {
  const answer = await serverWith({ ok: true, reasons: [] }).inject('/readyz')
  assert.equal([answer.statusCode, answer.body], [200, 'ready\n'])
})

test('/readyz says why not, a reason a line', async () => {
  const answer = await serverWith(busy).inject('/readyz')
  assert.is(answer.statusCode, 503)
  assert.is(answer.body, 'not ready\nKafka does not answer\nt/3 is halted\n')
  assert.match(String(answer.headers['content-type']), 'text/plain')
})

test('/readyz gives JSON to those who ask for it', async () => {
  const answer = await serverWith(busy).inject({ url: '/readyz', headers: { accept: 'application/json' } })
  assert.is(answer.statusCode, 503)
  assert.equal(answer.json(), { ready: false, reasons: busy.reasons })
})

test("/metrics has Prometheus' content type", async () => {
  const answer = await serverWith(busy).inject('/metrics')
  assert.equal([answer.statusCode, answer.body], [200, 'm 1\n'])
  assert.match(String(answer.headers['content-type']), 'version=0.0.4')
})

test('/debug is JSON for people, and 404 where it is off', async () => {
  const answer = await serverWith(busy, debugDeps()).inject('/debug')
  assert.is(answer.statusCode, 200)
  assert.match(String(answer.headers['content-type']), 'application/json')
  assert.is(answer.body, `${JSON.stringify(debugState(), null, 2)}\n`)
  assert.is((await serverWith(busy).inject('/debug')).statusCode, 404)
})

test('another path is 404 and says so like every error', async () => {
  const answer = await serverWith(busy).inject('/nothing?key=1')
  assert.is(answer.statusCode, 404)
  const { error } = answer.json<{ error: Record<string, string> }>()
  assert.is(error.code, 'HTTP_NOT_FOUND')
  assert.match(error.message!, 'path=/nothing)')
  assert.match(error.remedy!, 'http.debug')
})

test('every request is told of when it is over, by the route and not by what was asked', async () => {
  const told: string[] = []
  const server = buildServer({
    readiness: () => busy,
    debug: null,
    metrics: { contentType: 'text/plain', render: async () => 'm 1\n' },
    onAnswered: ({ durationMs, method, route, status }) => {
      assert.ok(durationMs >= 0)
      told.push(`${method} ${route} ${status}`)
    },
  })
  server.get('/slow/:name', (request, reply) => {
    reply.hijack()
    if ((request.params as { name: string }).name === 'end') reply.raw.end('x')
    else reply.raw.write('x')
  })
  const config = { isStream: true }
  server.get('/stream', { config }, async request => {
    if ('refused' in (request.query as object)) throw new PipelineError('TAIL_FULL', { most: 0 })
    return 'for as long as somebody listens'
  })
  try {
    const url = await listenOn(server, { host: '127.0.0.1', port: 0 })
    for (const path of ['/healthz', '/readyz', '/no/such/1', '/stream', '/stream?refused', '/slow/end'])
      await (await fetch(url + path)).text()
    await (await fetch(`${url}/no/such/2`, { method: 'DELETE' })).text()
    const leaving = new AbortController()
    await fetch(`${url}/slow/never`, { signal: leaving.signal })
    leaving.abort()
    await until(() => told.length === 7, { deadlineMs: 3_000, what: 'all but the stream' })
    assert.equal(told.sort(), [
      '(any) (none) 4xx',
      '(any) (none) 4xx',
      'GET /healthz 2xx',
      'GET /readyz 5xx',
      'GET /slow/:name 2xx',
      'GET /slow/:name aborted',
      'GET /stream 5xx',
    ])
  } finally {
    await server.close()
  }
})

test('port 0 takes a free one; a taken one names the setting', async () => {
  const first = serverWith(busy)
  const second = serverWith(busy)
  try {
    const url = await listenOn(first, { host: '127.0.0.1', port: 0 })
    assert.is((await fetch(`${url}/healthz`)).status, 200)
    const port = Number(new URL(url).port)
    const error = await listenOn(second, { host: '127.0.0.1', port }).catch((thrown: unknown) => thrown)
    assert.instance(error, PipelineError)
    assert.is((error as PipelineError).context.setting, 'http.port')
    assert.match((error as PipelineError).message, 'EADDRINUSE')
  } finally {
    await Promise.all([first.close(), second.close()])
  }
})

test.run()

/** Routes of src/http by inject(), and what listening says when the port is taken. */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import type { DebugDeps } from '../../src/http/deps.ts'
import { buildServer, listenOn } from '../../src/http/server.ts'
import type { Readiness } from '../../src/snapshot.ts'
import { debugDeps, debugState } from '../support/debug-deps.ts'
import { suite } from '../support/suite.ts'

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

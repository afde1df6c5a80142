/**
 * What the routes below /debug answer: configuration, log level, memory, heap snapshots and CPU profiles. Here because
 * a snapshot takes in the whole process: one of its own is small.
 */
import { get } from 'node:http'
import * as assert from 'uvu/assert'
import type { DebugDeps } from '../../src/http/deps.ts'
import { buildServer, listenOn } from '../../src/http/server.ts'
import { debugDeps } from '../support/debug-deps.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('debug-routes', { timeoutMs: 30_000 })

const serverWith = (debug: DebugDeps) =>
  buildServer({
    readiness: () => ({ ok: true, reasons: [] }),
    debug,
    metrics: { contentType: 'text/plain', render: async () => '' },
  })

test('the configuration is what it is given', async () => {
  const answer = await serverWith(debugDeps()).inject('/debug/config')
  assert.equal(answer.json(), { 'http.port': { value: '8080', origin: 'default' } })
})

test('the log level is read and set, and the log says so', async () => {
  const deps = debugDeps()
  const server = serverWith(deps)
  const url = '/debug/log-level'
  assert.equal((await server.inject(url)).json(), { level: 'info' })
  const answer = await server.inject({ method: 'PUT', url, payload: { level: 'debug' } })
  assert.equal([answer.statusCode, answer.json()], [200, { level: 'debug' }])
  assert.is(deps.log.level, 'debug')
  assert.equal(deps.notes, ['the log level was changed over HTTP'])
})

for (const payload of ['{"level":"loud"}', '{"level":["debug"]}', '{}', 'null', 'debug', '{'])
  test(`a log level of ${payload} is refused and changes nothing`, async () => {
    const deps = debugDeps()
    const answer = await serverWith(deps).inject({
      method: 'PUT',
      url: '/debug/log-level',
      headers: { 'content-type': 'application/json' },
      payload,
    })
    assert.is(answer.statusCode, 400)
    assert.is(answer.json<{ error: { code: string } }>().error.code, 'HTTP_REQUEST_INVALID')
    assert.is(deps.log.level, 'info')
  })

test('memory has the figures of V8 and of the system', async () => {
  const { process: own, heap, spaces } = (await serverWith(debugDeps()).inject('/debug/memory')).json()
  assert.ok(own.rss > 0 && heap.heap_size_limit > heap.used_heap_size && spaces.length > 3)
})

test('a heap snapshot is streamed whole, and the next one may follow', async () => {
  const deps = debugDeps()
  const server = serverWith(deps)
  for (let round = 0; round < 2; round++) {
    const answer = await server.inject('/debug/heap')
    assert.is(answer.statusCode, 200)
    assert.match(
      String(answer.headers['content-disposition']),
      /filename="logcollector-\d+-.*\.heapsnapshot"/,
    )
    assert.ok(answer.json<{ snapshot: { node_count: number } }>().snapshot.node_count > 1000)
  }
  assert.is(deps.notes.length, 2)
})

test('a CPU profile covers the time that was asked for', async () => {
  const answer = await serverWith(debugDeps()).inject('/debug/cpu-profile?seconds=1')
  assert.is(answer.statusCode, 200)
  assert.match(String(answer.headers['content-disposition']), '.cpuprofile"')
  const profile = answer.json<{ nodes: unknown[]; startTime: number; endTime: number }>()
  assert.ok(profile.nodes.length > 1)
  // In microseconds.
  assert.ok(profile.endTime - profile.startTime >= 990_000)
})

for (const query of [
  'seconds=0',
  'seconds=61',
  'seconds=1.5',
  'seconds=',
  'seconds=1&seconds=2',
  'seconds=1e1',
])
  test(`a CPU profile of ${query} is refused`, async () => {
    const answer = await serverWith(debugDeps()).inject(`/debug/cpu-profile?${query}`)
    assert.is(answer.statusCode, 400)
    assert.match(answer.body, 'seconds=60')
  })

test('one at a time: the other is told to ask again; a client that leaves makes room', async () => {
  const deps = debugDeps()
  const server = serverWith(deps)
  const base = await listenOn(server, { host: '127.0.0.1', port: 0 })
  try {
    const long = get(`${base}/debug/cpu-profile?seconds=60`)
    long.on('error', () => undefined)
    await until(() => deps.notes.length === 1, { deadlineMs: 5000, what: 'the profile began' })
    for (const path of ['cpu-profile?seconds=1', 'heap']) {
      const answer = await fetch(`${base}/debug/${path}`)
      assert.is(answer.status, 409)
      const { error } = (await answer.json()) as { error: { code: string; message: string } }
      assert.is(error.code, 'HTTP_BUSY')
      assert.match(error.message, 'running=CPU profile')
    }
    long.destroy()
    const isFree = async () => (await fetch(`${base}/debug/cpu-profile?seconds=1`)).status === 200
    await until(isFree, { deadlineMs: 10_000, what: 'the next profile' })
    // Leaves in the middle of the snapshot's stream.
    const heap = get(`${base}/debug/heap`, response => response.once('data', () => heap.destroy()))
    heap.on('error', () => undefined)
    await until(() => heap.destroyed, { deadlineMs: 10_000, what: 'the client left' })
    const isFreeAgain = async () => (await fetch(`${base}/debug/heap`)).ok
    await until(isFreeAgain, { deadlineMs: 10_000, what: 'the next snapshot' })
  } finally {
    await server.close()
  }
})

test.run()

/** The life of `run` with an engine and signals of our own (src/cli/serve.ts). */
import { EventEmitter } from 'node:events'
import * as assert from 'uvu/assert'
import { type Engine, serve } from '../../src/cli/serve.ts'
import { loadConfig } from '../../src/config/index.ts'
import { PipelineError } from '../../src/errors.ts'
import { emptySnapshot } from '../../src/snapshot.ts'
import { engineFacts } from '../support/engine-facts.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('cli/serve')

/** A served engine: what it was told, what was logged, and its end. */
function served(changes: Partial<Engine> = {}, overrides: Record<string, string> = {}) {
  const signals = new EventEmitter()
  const stops: string[] = []
  const exits: number[] = []
  const lines: Record<string, unknown>[] = []
  const engine: Engine = {
    start: async () => undefined,
    stop: async reason => {
      stops.push(reason)
      return true
    },
    snapshot: () => emptySnapshot('a test'),
    facts: () => engineFacts(),
    done: new Promise(() => undefined),
    ...changes,
  }
  const code = serve({
    config: loadConfig({ file: null, env: {}, overrides: { 'http.port': '0', ...overrides } }),
    warnings: ['LOGCOLLECTOR_X is no setting'],
    createEngine: () => engine,
    signals,
    exitNow: exit => exits.push(exit),
    destination: { write: line => lines.push(JSON.parse(line) as Record<string, unknown>) },
  })
  const url = () =>
    until(() => lines.find(line => typeof line.url === 'string')?.url as string | undefined, {
      deadlineMs: 4000,
      what: 'the server listens',
    })
  const logged = (message: RegExp) => lines.find(line => message.test(String(line.message)))
  return { code, signals, stops, exits, lines, url, logged }
}

test('serves while it runs, stops on SIGTERM with 0, and then serves no more', async () => {
  const { code, signals, stops, url } = served()
  const base = await url()
  assert.is((await fetch(`${base}/healthz`)).status, 200)
  assert.match(await (await fetch(`${base}/readyz`)).text(), 'a test')
  assert.match(await (await fetch(`${base}/metrics`)).text(), 'logcollector_ready 0')
  signals.emit('SIGTERM')
  assert.is(await code, 0)
  assert.equal(stops, ['SIGTERM'])
  assert.is(await fetch(base).catch(() => 'closed'), 'closed')
  assert.is(signals.listenerCount('SIGTERM') + signals.listenerCount('SIGINT'), 0)
})

test('/debug is there only when it is asked for', async () => {
  for (const [value, status] of [
    ['false', 404],
    ['true', 200],
  ] as const) {
    const { code, signals, url } = served({}, { 'http.debug': value })
    assert.is((await fetch(`${await url()}/debug`)).status, status)
    signals.emit('SIGTERM')
    await code
  }
})

test('a signal before the start is through stops it too', async () => {
  const { code, signals, url } = served({ start: () => new Promise(() => undefined) })
  await url()
  signals.emit('SIGINT')
  assert.is(await code, 0)
})

test('a second signal exits now, by its own number', async () => {
  let release: (clean: boolean) => void = () => undefined
  const stop = () =>
    new Promise<boolean>(resolve => {
      release = resolve
    })
  const { code, signals, exits, url } = served({ stop })
  await url()
  signals.emit('SIGTERM')
  signals.emit('SIGINT')
  signals.emit('SIGTERM')
  assert.equal(exits, [130, 143])
  await until(() => release.length === 1, { deadlineMs: 4000, what: 'stop was called' })
  release(true)
  assert.is(await code, 0)
})

test('a stop that had to abandon something is 1', async () => {
  const { code, signals, url } = served({ stop: async () => false })
  await url()
  signals.emit('SIGTERM')
  assert.is(await code, 1)
})

test('a stop that never ends is cut at the deadline', async () => {
  const { code, signals, url, logged } = served(
    { stop: () => new Promise(() => undefined) },
    { 'shutdown.deadline': '1s' },
  )
  await url()
  signals.emit('SIGTERM')
  assert.is(await code, 1)
  assert.ok(logged(/longer than shutdown.deadline/))
})

test('an escalation is logged with its remedy, stops the rest and is 1', async () => {
  const done = Promise.reject(new PipelineError('RESTARTS_EXCEEDED', { child: 'writer-0' }))
  const { code, stops, logged } = served({ done })
  assert.is(await code, 1)
  assert.equal(stops, ['failed'])
  const line = logged(/stopped by a failure/)
  assert.equal([line?.code, line?.child], ['RESTARTS_EXCEEDED', 'writer-0'])
  assert.ok(line?.remedy)
})

test('the configuration is logged at debug, without secrets', async () => {
  const overrides = { 'log.level': 'debug', 'postgres.url': 'postgres://u:hunter2@h/db' }
  const { code, signals, url, logged, lines } = served({}, overrides)
  await url()
  signals.emit('SIGTERM')
  await code
  assert.is(logged(/^configuration$/)?.['postgres.url'], 'postgres://u:***@h/db')
  assert.not.match(JSON.stringify(lines), 'hunter2')
})

test('a start that fails for want of a service is 4', async () => {
  const start = () => Promise.reject(new PipelineError('POSTGRES_UNAVAILABLE'))
  assert.is(await served({ start }).code, 4)
})

test('warnings of the configuration are logged', async () => {
  const { code, signals, url, logged } = served()
  await url()
  signals.emit('SIGTERM')
  await code
  assert.is(logged(/LOGCOLLECTOR_X is no setting/)?.level, 'warn')
})

test.run()

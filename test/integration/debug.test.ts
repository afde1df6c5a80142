/** /debug of a running engine: every part is there with its figures, and no secret (src/debug-view.ts). */
import { EventEmitter } from 'node:events'
import * as assert from 'uvu/assert'
import { serve } from '../../src/cli/serve.ts'
import { readConfig } from '../../src/config/index.ts'
import { createEngine } from '../../src/engine/engine.ts'
import type { EngineFacts } from '../../src/engine/facts.ts'
import { produce } from '../../src/produce/produce.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'
import { database, kafkaAddress, redisAddress, redisPrefix, topic } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('debug', { timeoutMs: 60_000 })
const token = 'only-for-this-test'
const headers = { authorization: `Bearer ${token}` }

async function configIsRedacted(base: string): Promise<void> {
  const text = await (await fetch(`${base}/debug/config`, { headers })).text()
  const shown = JSON.parse(text) as Record<string, { value: string; origin: string }>
  assert.equal(shown['http.debug_token'], { value: '***', origin: '--set' })
  assert.match(shown['postgres.url']!.value, ':***@')
  assert.is(shown['kafka.start']!.origin, 'default')
  assert.not.match(text, /hunter2|only-for-this-test/)
}

/** The engine goes on fetching, which is a line at debug each time. */
async function logLevelChanges(base: string, lines: readonly string[]): Promise<void> {
  const isFetch = (line: string): boolean => line.includes('source:fetch:completed')
  assert.not.ok(lines.some(isFetch))
  const answer = await fetch(`${base}/debug/log-level`, {
    method: 'PUT',
    headers: { ...headers, 'content-type': 'application/json' },
    body: '{"level":"debug"}',
  })
  assert.equal(await answer.json(), { level: 'debug' })
  await until(() => lines.some(isFetch), { deadlineMs: 10_000, what: 'a line at debug' })
}

test('shows every part of a running engine', async () => {
  const [name, url] = [await topic({ partitions: 2 }), new URL(await database())]
  // The server trusts everybody, so any password will do.
  url.password = 'hunter2'
  const overrides = {
    'kafka.brokers': kafkaAddress(),
    'kafka.topics': name,
    'kafka.group_id': name,
    'postgres.url': url.href,
    'redis.url': redisAddress(),
    'redis.prefix': redisPrefix(),
    'http.port': '0',
    'http.debug': 'true',
    'http.debug_token': token,
    'log.format': 'json',
    workers: '2',
  }
  const lines: string[] = []
  const signals = new EventEmitter()
  const { config, origins } = readConfig({ file: null, env: {}, overrides })
  const code = serve({
    config,
    origins,
    warnings: [],
    createEngine,
    signals,
    exitNow: () => undefined,
    destination: { write: line => lines.push(line) },
  })
  try {
    await produce({
      brokers: kafkaAddress().split(','),
      topic: name,
      source: createGeneratedSource({ seed: 1, records: 2000, startMs: 0, spanMs: 1000, keys: false }),
    })
    const base = await until(() => /"url":"([^"]+)"/.exec(lines.join(''))?.[1], {
      deadlineMs: 5000,
      what: 'the server listens',
    })
    let text = ''
    const look = async () => {
      text = await (await fetch(`${base}/debug`, { headers })).text()
      return JSON.parse(text) as EngineFacts & {
        parse: { utilisation: { share: number[] } }
        memory: { rss: number; budget: number }
      }
    }
    const view = await until(
      async () => {
        const seen = await look()
        const stored = seen.partitions.reduce((sum, { committed }) => sum + committed, 0)
        return stored === 2000 && seen.mirror?.isUp ? seen : null
      },
      { deadlineMs: 20_000, what: 'all is stored' },
    )
    for (const one of view.partitions) {
      assert.equal([one.mode, one.rangesWaiting, one.inFlightBytes], ['consuming', 0, 0])
      assert.equal([one.fetched, one.parsed], [one.committed, one.committed])
      assert.type(one.leader, 'number')
    }
    assert.equal(
      view.arena.map(({ account, freeRuns }) => [account, freeRuns.length > 0]),
      [
        ['input', true],
        ['output', true],
        ['jumbo', true],
      ],
    )
    assert.equal(
      view.writers.map(({ mode, trouble }) => [mode, trouble]),
      [
        ['ready', null],
        ['ready', null],
      ],
    )
    assert.is(view.fetchers.length, 1)
    assert.ok(view.group.clusterId !== '' && view.group.trouble === null)
    assert.is(view.parse.utilisation.share.length, 2)
    assert.ok(Math.max(...view.parse.busyMs) > 0)
    assert.ok(view.memory.rss > 0 && view.memory.budget > 0)
    assert.not.match(text, 'hunter2')
    assert.is((await fetch(`${base}/debug`)).status, 401)
    await configIsRedacted(base)
    await logLevelChanges(base, lines)
  } finally {
    signals.emit('SIGTERM')
  }
  assert.is(await code, 0)
})

test.run()

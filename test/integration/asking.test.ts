/**
 * The whole way of an answer: a producer, Kafka, a collector, its announcements over Redis, and processes with the role
 * api that did none of it: records reach those who follow, late ones end cached answers, and a break loses nothing.
 */
import type { Producer } from 'kafkajs'
import * as assert from 'uvu/assert'
import { createApi } from '../../src/cli/api.ts'
import { loadConfig } from '../../src/config/index.ts'
import { buildServer } from '../../src/http/server.ts'
import type { HistogramAnswer } from '../../src/query/contract.ts'
import { Instance, showingLogs } from '../faults/instance.ts'
import {
  createKafkaClient,
  database,
  kafkaAddress,
  redisAddress,
  redisPrefix,
  topic,
} from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { followTail, type TailClient } from './tail-client.ts'

const test = suite('integration/asking', { timeoutMs: 60_000 })
const HOUR_MS = 3_600_000
const MINUTE_MS = 60_000

interface Stage {
  readonly settings: Readonly<Record<string, string>>
  readonly collector: Instance
  readonly api: Instance
  /** Acknowledged by Kafka when it resolves. */
  send(...records: readonly object[]): Promise<void>
}

let stage: Stage
test.before(async () => {
  const name = await topic()
  const settings = {
    'kafka.brokers': kafkaAddress(),
    'kafka.topics': name,
    'kafka.group_id': name,
    'kafka.fetch_wait': '50ms',
    'postgres.url': await database(),
    'redis.url': redisAddress(),
    'redis.prefix': redisPrefix(),
  }
  const collector = new Instance({ ...settings, roles: 'consume', workers: '1', 'memory.arena': '48MiB' })
  const api = new Instance({ ...settings, roles: 'api' })
  const producer: Producer = createKafkaClient().producer()
  await producer.connect()
  cleanUp(() => producer.disconnect())
  await Promise.all([collector.ready(), api.url()])
  const send = async (...records: readonly object[]): Promise<void> => {
    await producer.send({ topic: name, messages: records.map(each => ({ value: JSON.stringify(each) })) })
  }
  stage = { settings, collector, api, send }
})

const numbersOf = ({ records }: TailClient): unknown[] =>
  records.map(({ attrs }) => (attrs as { n: number }).n)

test(
  'what is produced is seen in the tail of another process at once, and only where it fits',
  showingLogs(async () => {
    const { api, send } = stage
    const url = await api.url()
    const [all, errors] = [await followTail(url), await followTail(url, '?min_severity=error')]
    const took: number[] = []
    for (let n = 0; n < 6; n++) {
      const begin = performance.now()
      await send({ n, level: n % 2 === 0 ? 'error' : 'info', msg: `number ${n}`, service: 'shop' })
      await until(() => all.records.length === n + 1, { deadlineMs: 20_000, everyMs: 5, what: `record ${n}` })
      took.push(performance.now() - begin)
    }
    // Without the news over Redis each would wait for the next look at the ledger, five seconds later.
    assert.ok(Math.min(...took.slice(1)) < 1000, `took ${took.map(Math.round).join(', ')} ms`)
    assert.equal(numbersOf(all), [0, 1, 2, 3, 4, 5])
    await until(() => errors.records.length === 3, { deadlineMs: 5000, what: 'the errors' })
    assert.equal(numbersOf(errors), [0, 2, 4])
    for (const client of [all, errors]) client.close()
  }),
)

test(
  'an answer about what is over is kept, until records of its time arrive late',
  showingLogs(async () => {
    const { api, send } = stage
    const url = await api.url()
    const start = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 4 * HOUR_MS
    const [from, to] = [new Date(start).toISOString(), new Date(start + HOUR_MS).toISOString()]
    const count = async (): Promise<number> => {
      const answer = await fetch(`${url}/api/v1/histogram?from=${from}&to=${to}&interval=1h`)
      return ((await answer.json()) as HistogramAnswer).points[0]!.records
    }
    const hits = async (): Promise<number> => {
      const text = await (await fetch(`${url}/metrics`)).text()
      return Number(/cache_answers_total\{[^}]*outcome="hit"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0)
    }
    assert.is(await count(), 0)
    // Tokens of a collector that has just begun may still be on their way.
    await until(
      async () => {
        const before = await hits()
        return (await count()) === 0 && (await hits()) > before
      },
      { deadlineMs: 10_000, what: 'an answer from the cache' },
    )
    const ts = (minutes: number): string => new Date(start + minutes * MINUTE_MS).toISOString()
    await send({ n: 100, ts: ts(10), msg: 'late' }, { n: 101, ts: ts(59), msg: 'late too' })
    await until(async () => (await count()) === 2, { deadlineMs: 20_000, what: 'the late records' })
    await send({ n: 102, ts: ts(60), msg: 'of the next hour' })
    await send({ n: 103, ts: ts(0), msg: 'of the first moment' })
    await until(async () => (await count()) === 3, { deadlineMs: 20_000, what: 'one more' })
  }),
)

test(
  'a tail whose process is killed goes on at another one where it was',
  showingLogs(async () => {
    const { api, send, settings } = stage
    const first = await followTail(await api.url())
    await send({ n: 200 }, { n: 201 })
    await until(() => first.records.length === 2, { deadlineMs: 20_000, what: 'two records' })
    await api.kill('SIGKILL')
    await send({ n: 202 }, { n: 203 })
    const config = loadConfig({ file: null, env: {}, overrides: { ...settings, roles: 'api' } })
    const other = createApi(config)!
    const server = buildServer({
      readiness: () => ({ ok: true, reasons: [] }),
      metrics: { contentType: 'text/plain', render: async () => '' },
      debug: null,
      api: other.deps,
    })
    cleanUp(async () => {
      await server.close()
      await other.close()
    })
    const url = await server.listen({ host: '127.0.0.1', port: 0 })
    other.start()
    const second = await followTail(url, '', first.lastId()!)
    await send({ n: 204 })
    await until(() => second.records.length >= 3, { deadlineMs: 20_000, what: 'what was missed' })
    assert.equal(numbersOf(second), [202, 203, 204])
    assert.equal(second.missed, [])
    second.close()
  }),
)

test.run()

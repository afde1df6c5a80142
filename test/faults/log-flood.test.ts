/**
 * Kafka, Postgres and Redis away for seconds: the log says so at once, counts what is tried again, and says when each is
 * back. The lines are few, and their counts are those of the metrics.
 */
import * as assert from 'uvu/assert'
import { type Kafka, startKafka } from '../../stack/kafka.ts'
import { type Postgres, startPostgres } from '../../stack/postgres.ts'
import { type Redis, startRedis } from '../../stack/redis.ts'
import type { Service } from '../../stack/service.ts'
import { database } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { Flow } from './flow.ts'
import { type Instance, type LogLine, showingLogs } from './instance.ts'

const RECORDS = 4_000_000
const RECORDS_PER_SECOND = 2_000
/** Of Kafka one: kafkajs waits longer and longer by itself. */
const LEAST = { transaction_failures_total: 8, redis_failures_total: 8, fetch_failures_total: 1 } as const
/** For each of some ten failures at the same time: the first line, the counts after 1 and 10 seconds, the end. */
const MOST_LINES = 60
const test = suite('three services away', { timeoutMs: 120_000 })

/** Metric → the event that it counts, and what the event is of. */
const counted = {
  fetch_failures_total: { event: 'source:fetch:failed', subject: 'broker' },
  transaction_failures_total: { event: 'sink:transaction:failed', subject: 'writer' },
  redis_failures_total: { event: 'redis:mirror:failed', subject: '' },
  store_task_failures_total: { event: 'store:task:failed', subject: 'task' },
} as const

async function services(): Promise<{ kafka: Kafka; postgres: Postgres; redis: Redis }> {
  const kept = <S extends Pick<Service, 'stop'>>(service: S): S => {
    cleanUp(() => service.stop())
    return service
  }
  const [kafka, postgres, redis] = await Promise.all([
    startKafka({ heapMiB: 384 }).then(kept),
    startPostgres().then(kept),
    startRedis().then(kept),
  ])
  return { kafka, postgres, redis }
}

/** How many failures of an event the lines speak of: an end has all before it, a line those since the line before. */
function toldOf(lines: readonly LogLine[], event: string, subject: string): number {
  const since = new Map<string, number>()
  let total = 0
  for (const line of lines) {
    if (line.event === event) {
      const which = String(line[subject] ?? '')
      since.set(which, (since.get(which) ?? 0) + Number(line.times ?? 1))
    } else if (line.event === event.replace(/failed$/, 'recovered')) {
      since.delete(String(line.subject ?? ''))
      total += Number(line.failures)
    }
  }
  return [...since.values()].reduce((sum, each) => sum + each, total)
}

const isBad = ({ level }: LogLine): boolean => level === 'warn' || level === 'error'

async function failedOften(instance: Instance, ...metrics: readonly (keyof typeof LEAST)[]): Promise<void> {
  for (const metric of metrics) {
    const isOften = async () => (await instance.metric(metric)) >= LEAST[metric]
    await instance.during(until(isOften, { deadlineMs: 30_000, what: `${LEAST[metric]} of ${metric}` }))
  }
}

test(
  'few lines, the right counts, and each is said to be back',
  showingLogs(async () => {
    const { kafka, postgres, redis } = await services()
    const flow = await Flow.create({
      brokers: kafka.address,
      database: await database({ server: postgres.url }),
      settings: { 'redis.url': redis.url },
    })
    const instance = flow.start()
    await instance.ready()
    const enough = new AbortController()
    const producing = flow.produce({
      records: RECORDS,
      recordsPerSecond: RECORDS_PER_SECOND,
      signal: enough.signal,
    })
    await instance.during(
      until(async () => (await instance.metric('stored_rows_total')) > 0, {
        deadlineMs: 20_000,
        what: 'rows',
      }),
    )
    await Promise.all([postgres.kill('SIGINT'), redis.kill()])
    await failedOften(instance, 'transaction_failures_total', 'redis_failures_total')
    enough.abort()
    await producing
    await kafka.kill()
    await failedOften(instance, 'fetch_failures_total')
    await Promise.all([postgres.restart(), redis.restart(), kafka.restart()])
    await instance.during(flow.caughtUp())
    await instance.ready()
    for (const event of ['redis:mirror:recovered', 'sink:transaction:recovered', 'source:fetch:recovered']) {
      const isSaid = () => instance.events(event).length > 0
      await instance.during(until(isSaid, { deadlineMs: 20_000, what: event }))
    }
    const metrics = Object.keys(counted) as (keyof typeof counted)[]
    const before = await Promise.all(metrics.map(name => instance.metric(name)))
    await instance.kill('SIGTERM')
    const lines = instance.log()
    metrics.forEach((name, index) => {
      const { event, subject } = counted[name]
      const told = toldOf(lines, event, subject)
      console.log(`${event}: ${before[index]} failures, ${instance.events(event).length} lines`)
      // The end of the process may fail at something once more.
      const isRight = told >= before[index]! && told <= before[index]! + 3
      assert.ok(isRight, `${event}: ${told} in the log, ${before[index]} in ${name}`)
    })
    assert.ok(lines.filter(isBad).length <= MOST_LINES, `${lines.filter(isBad).length} warnings and errors`)
    await flow.assertExactlyOnce()
  }),
)

test.run()

/**
 * The pressure of a group in a real Redis: it appears, says the worst of all consumers, is gone soon after kill -9, and
 * whoever takes data in falls back to its own view while Redis is away (src/redis/pressure.ts, gauge.ts).
 */
import * as assert from 'uvu/assert'
import { type GaugeOptions, PressureGauge } from '../../src/redis/gauge.ts'
import { Mirror } from '../../src/redis/mirror.ts'
import type { PressureSnapshot } from '../../src/snapshot.ts'
import { startRedis } from '../../stack/redis.ts'
import { Flow } from '../faults/flow.ts'
import { cli } from '../support/cli.ts'
import { redisAddress, redisClient, redisPrefix } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('pressure', { timeoutMs: 60_000 })

/** A gauge that runs until the suite ends. */
async function gaugeOf(options: Pick<GaugeOptions, 'url' | 'prefix' | 'groupId'> & Partial<GaugeOptions>) {
  const gauge = new PressureGauge({ maxLagMs: 1_000, local: () => null, ...options })
  cleanUp(() => gauge.stop())
  await gauge.start()
  return gauge
}

function mirrorOf(url: string, instance: string, pressure: PressureSnapshot): Mirror {
  const mirror = new Mirror({
    url,
    prefix: 'lc',
    groupId: 'g',
    instance,
    partitions: () => [],
    pressure: () => pressure,
    emit: () => undefined,
  })
  mirror.start()
  cleanUp(() => mirror.stop())
  return mirror
}

test('the worst of all consumers counts; without Redis the own view, without either nothing is refused', async () => {
  const server = await startRedis()
  cleanUp(() => server.stop())
  const client = redisClient(server.url)
  const group = { url: server.url, prefix: 'lc', groupId: 'g' }
  const [outside, inside] = await Promise.all([
    gaugeOf(group),
    gaugeOf({ ...group, local: () => ({ lagSeconds: 7, arenaFill: 0.3 }) }),
  ])
  assert.equal(outside.read(), {
    source: 'unknown',
    lagSeconds: 0,
    arenaFill: 0,
    isHigh: false,
    retryAfterSeconds: 1,
  })
  const worse = mirrorOf(server.url, 'worse', { lagSeconds: 90.5, arenaFill: 0.25 })
  mirrorOf(server.url, 'better', { lagSeconds: 0.5, arenaFill: 0.75 })
  const reads = (lagSeconds: number, what: string) =>
    until(() => outside.read().lagSeconds === lagSeconds, { deadlineMs: 5_000, what })
  await reads(90.5, 'the worse one')
  await until(() => outside.read().arenaFill === 0.75, { deadlineMs: 5_000, what: 'the fuller one' })
  const { isHigh, retryAfterSeconds, source } = outside.read()
  assert.equal([source, isHigh, retryAfterSeconds], ['redis', true, 60])
  await worse.stop()
  await reads(0.5, 'the better one alone')
  assert.not(outside.read().isHigh)

  // What a dead consumer left behind is neither read nor kept, though the hash lives on.
  await client.hset('lc:g:pressure', 'dead', '{"at":1,"lag_seconds":900,"arena_fill":1}')
  await client.hset('lc:g:pressure', 'strange', 'no JSON')
  await until(async () => (await client.hkeys('lc:g:pressure')).join() === 'better', {
    deadlineMs: 5_000,
    what: 'stale fields are removed',
  })
  assert.is(outside.read().lagSeconds, 0.5)

  await server.kill('SIGSTOP')
  await until(() => inside.read().source === 'local', { deadlineMs: 5_000, what: 'the own view' })
  assert.equal([inside.read().lagSeconds, inside.read().isHigh], [7, true])
  await until(() => outside.read().source === 'unknown', { deadlineMs: 5_000, what: 'no view' })
  assert.not(outside.read().isHigh)
  await server.kill('SIGCONT')
  await until(() => inside.read().source === 'redis', { deadlineMs: 5_000, what: 'Redis again' })
})

test('a consumer that falls behind holds producers back, and its word is gone soon after kill -9', async () => {
  const [url, prefix] = [redisAddress(), redisPrefix()]
  const flow = await Flow.create({ partitions: 1, settings: { 'redis.url': url, 'redis.prefix': prefix } })
  const instance = flow.start()
  await instance.ready()
  const gauge = await gaugeOf({ url, prefix, groupId: flow.group })
  await instance.during(
    until(() => gauge.read().source === 'redis', { deadlineMs: 5_000, what: 'the pressure appears' }),
  )
  const key = `${prefix}:${flow.group}:pressure`
  const ttl = await redisClient().pttl(key)
  assert.ok(ttl > 0 && ttl <= 3_000, `it expires (${ttl} ms)`)

  await flow.observer.query('begin')
  await flow.observer.query('lock table logs in access exclusive mode')
  await flow.produce({ records: 100 })
  await instance.during(until(() => gauge.read().isHigh, { deadlineMs: 10_000, what: 'high pressure' }))
  assert.ok((await instance.metric('pressure_lag_seconds')) > 0.5)
  const settings = {
    'kafka.brokers': flow.brokers,
    'kafka.group_id': flow.group,
    'redis.url': url,
    'redis.prefix': prefix,
    'redis.pressure.max_lag': '1s',
  }
  const args = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`])
  let isDone = false
  const held = cli('produce', ...args, '-t', flow.topic, '-g', '50', '--respect-pressure').then(result => {
    isDone = true
    return result
  })
  const before = gauge.read().lagSeconds
  await until(() => gauge.read().lagSeconds > before + 1, { deadlineMs: 10_000, what: 'more pressure' })
  assert.not(isDone, 'the producer waits')
  await flow.observer.query('commit')
  assert.is((await held).code, 0)
  await instance.during(
    until(async () => (await flow.observer.committed()) === 150, { deadlineMs: 10_000, what: 'all records' }),
  )

  await instance.kill('SIGKILL')
  await until(() => gauge.read().source === 'unknown', { deadlineMs: 6_000, what: 'nobody says anything' })
  assert.is(await redisClient().exists(key), 0)
})

test.run()

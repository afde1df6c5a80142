/**
 * Redis that misbehaves in every way while records flow: stopped, flushed, with a foreign key in the way, full, dead. No row
 * changes, nothing stops, and afterwards the mirror says what Postgres says.
 */
import * as assert from 'uvu/assert'
import { MirrorReader } from '../../../src/redis/reader.ts'
import { startRedis } from '../../../stack/redis.ts'
import { redisClient } from '../../support/services.ts'
import { cleanUp } from '../../support/suite.ts'
import { until } from '../../support/wait.ts'
import { FaultProxy } from '../proxy/proxy.ts'
import { flipByte } from '../proxy/rule.ts'
import { Scenario } from '../scenario.ts'

const RECORDS_PER_SECOND = 6_000
const PARTITIONS = 3
const PREFIX = 'lc'

export const scenario = new Scenario({
  rows: [27],
  name: 'redis',
  what: 'Redis is stopped, flushed, littered, full, cut off, garbled and killed',
  timeoutMs: 90_000,
})

scenario.case('no row changes, and the mirror heals', async context => {
  const server = await startRedis()
  cleanUp(() => server.stop())
  const proxy = await FaultProxy.before(server.url, 'redis')
  const client = redisClient(server.url)
  const flow = await context.flow({ partitions: PARTITIONS })
  const instance = flow.start({ 'redis.url': proxy.through(server.url), 'redis.prefix': PREFIX })
  await instance.ready()
  const stopProducing = flow.keepProducing(RECORDS_PER_SECOND)
  const up = (is: boolean) => async () => ((await instance.metric('redis_up')) === 1) === is
  const mirror = (is: boolean) =>
    instance.during(until(up(is), { deadlineMs: 10_000, what: is ? 'the mirror' : 'trouble of the mirror' }))
  await mirror(true)
  const trouble = async (what: string, make: () => unknown, mend: () => unknown, isFelt = true) => {
    await make()
    if (isFelt) await mirror(false)
    await instance.during(flow.flowing(`while Redis is ${what}`, 10_000))
    assert.ok((await instance.readiness()).ready, `ready while Redis is ${what}`)
    await mend()
    context.injected()
    await mirror(true)
  }
  const nothing = () => undefined
  await trouble(
    'stopped',
    () => server.kill('SIGSTOP'),
    () => server.kill('SIGCONT'),
  )
  await trouble('flushed', () => client.flushall(), nothing, false)
  await trouble(
    'littered',
    () => client.set(`${PREFIX}:${flow.group}:partitions`, 'in the way'),
    nothing,
    false,
  )
  await trouble(
    'full',
    () => client.config('SET', 'maxmemory', '1'),
    () => client.config('SET', 'maxmemory', '0'),
  )
  await trouble(
    'cut off',
    () => proxy.refuse(),
    () => proxy.heal(),
  )
  await trouble(
    'silent',
    () => proxy.stall(),
    () => proxy.heal(),
  )
  const garble = { direction: 'down', when: () => true, strike: flipByte(0), times: 5 } as const
  await trouble('garbled', () => proxy.rule(garble), nothing, false)
  await trouble(
    'dead',
    () => server.kill(),
    () => server.restart(),
  )
  await stopProducing()
  await instance.during(flow.caughtUp())
  const reader = new MirrorReader({ url: server.url, prefix: PREFIX, groupId: flow.group })
  cleanUp(() => reader.close())
  const positions = await flow.observer.positions()
  const agrees = async () => {
    const entries = await reader.read()
    const isSame = entries.every(
      ({ committed, isFresh, partition }) => isFresh && committed === positions.get(partition),
    )
    return entries.length === PARTITIONS && isSame
  }
  await instance.during(until(agrees, { deadlineMs: 5_000, what: 'the mirror says what Postgres says' }))
  assert.is(instance.events('source:group:joined').length, 1, 'a rebalance')
  await flow.assertExactlyOnce()
})

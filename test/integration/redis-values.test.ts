/**
 * What lies in Redis under our keys and is not ours: any value is passed over or counts as nothing, and none of it
 * becomes an error of whoever asks (src/redis).
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { decodeEntry, IdempotencyKeys } from '../../src/redis/idempotency.ts'
import { keysOf } from '../../src/redis/keys.ts'
import { MirrorReader } from '../../src/redis/reader.ts'
import { runs } from '../kernel/arbitraries.ts'
import { redisAddress, redisClient, redisPrefix } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'

const test = suite('redis values', { timeoutMs: 30_000 })

const number = fc.oneof(fc.double(), fc.constantFrom(0, -1, Number.MAX_SAFE_INTEGER))
const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 30 }),
  fc.jsonValue().map(each => JSON.stringify(each)),
  fc
    .record(
      { at: number, lag_seconds: number, arena_fill: number, instance: fc.oneof(fc.string(), number) },
      { requiredKeys: [] },
    )
    .map(each => JSON.stringify(each)),
  fc.constantFrom(
    'NaN',
    '{"state":NaN}',
    '{"state":"settled","fingerprint":"f"}',
    '{"state":"busy"}',
    '[]',
    'null',
  ),
)

test('the mirror and the pressure: what is no entry is none', async () => {
  const [prefix, url, groupId] = [redisPrefix(), redisAddress(), 'g']
  const client = redisClient()
  const keys = keysOf(prefix, groupId)
  const reader = new MirrorReader({ url, prefix, groupId })
  cleanUp(() => reader.close())
  const field = fc.oneof(fc.constantFrom('t/0', 't/1', 't/x', '/', 'a/b/7'), fc.string({ maxLength: 8 }))
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(field, value), { minLength: 1, maxLength: 8 }), async entries => {
      await client.del(keys.partitions, keys.pressure)
      for (const [name, text] of entries) {
        await client.hset(keys.partitions, name, text)
        await client.hset(keys.pressure, name, text)
      }
      for (const { instance, partition, topic } of await reader.read()) {
        assert.type(instance, 'string')
        assert.ok(topic.length > 0 && Number.isInteger(partition))
      }
      const pressure = await reader.pressure()
      if (pressure !== null)
        assert.ok(Number.isFinite(pressure.lagSeconds) && Number.isFinite(pressure.arenaFill))
    }),
    runs(150),
  )
})

test('an idempotency key: what is no entry counts as if it were new', async () => {
  const [prefix, url] = [redisPrefix(), redisAddress()]
  const client = redisClient()
  for (const text of [
    '{"state":"settled"}',
    '{"state":"busy","fingerprint":7}',
    '{"state":"old","fingerprint":"f","acknowledged":"all"}',
    '{"x":NaN}',
  ]) {
    const keys = new IdempotencyKeys({ url, prefix })
    await client.set(`${prefix}:intake:once:k`, text)
    assert.is(await keys.claim('k', 'f'), null, text)
    await keys.stop()
  }
  fc.assert(
    fc.property(value, text => {
      const entry = decodeEntry(text)
      if (entry === null) return
      assert.ok(['busy', 'settled'].includes(entry.state))
      assert.equal([typeof entry.fingerprint, typeof entry.acknowledged], ['string', 'string'])
    }),
    runs(500),
  )
})

test.run()

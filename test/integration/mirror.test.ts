/**
 * The mirror against a Redis of its own that is killed, stopped, flushed, filled and littered: every time it heals by
 * itself, it never waits longer than its time limits, and it holds no more than one write (src/redis/).
 */
import type { Redis as Client } from 'ioredis'
import * as assert from 'uvu/assert'
import type { EventName, Events } from '../../src/events.ts'
import { Mirror } from '../../src/redis/mirror.ts'
import { type MirroredPartition, MirrorReader } from '../../src/redis/reader.ts'
import type { PartitionSnapshot } from '../../src/snapshot.ts'
import { type Redis, startRedis } from '../../stack/redis.ts'
import { partitionFacts } from '../support/partition-facts.ts'
import { redisClient } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const inner = suite('redis/mirror', { timeoutMs: 30_000 })
let server: Redis
let client: Client

inner.before(async () => {
  server = await startRedis()
  client = redisClient(server.url)
})
inner.after(() => server.stop())

const running: Mirror[] = []
/** A test whose mirrors end with it. */
const test = (title: string, body: () => Promise<void>): void =>
  inner(title, async () => {
    try {
      await body()
    } finally {
      await Promise.all(running.splice(0).map(mirror => mirror.stop()))
    }
  })

let groups = 0

/** A running mirror of facts that the test may change, in a group of its own. */
function mirrorOf(partitions: PartitionSnapshot[]) {
  const groupId = `g${++groups}`
  const happened: { name: EventName; event: Events[EventName] }[] = []
  const mirror = new Mirror({
    url: server.url,
    prefix: 'lc',
    groupId,
    instance: 'one',
    partitions: () => partitions,
    pressure: () => ({ lagSeconds: 0, arenaFill: 0 }),
    emit: (name, event) => void happened.push({ name, event }),
  })
  mirror.start()
  running.push(mirror)
  const reader = new MirrorReader({ url: server.url, prefix: 'lc', groupId })
  cleanUp(() => reader.close())
  const shows = (is: (read: MirroredPartition[]) => boolean, what: string, deadlineMs = 2000) =>
    until(async () => is(await reader.read()), { deadlineMs, what })
  return { mirror, groupId, happened, partitions, reader, shows, hash: `lc:${groupId}:partitions` }
}

test('shows what the snapshot says, and what changed within an interval', async () => {
  const { partitions, reader, shows } = mirrorOf([
    partitionFacts(0, { inFlightBytes: 77 }),
    partitionFacts(1, { committed: -1 }),
  ])
  await shows(read => read.length === 2, 'both partitions')
  const entries = await reader.read()
  assert.equal(
    entries.find(({ partition }) => partition === 0),
    {
      topic: 't',
      partition: 0,
      fetched: 30,
      parsed: 20,
      committed: 10,
      high_watermark: 50,
      lag: 40,
      in_flight_bytes: 77,
      mode: 'consuming',
      instance: 'one',
      isFresh: true,
    },
  )
  const unknown = entries.find(({ partition }) => partition === 1)
  assert.equal([unknown?.committed, unknown?.lag], [null, null])
  partitions[0] = partitionFacts(0, { committed: 20 })
  await shows(read => read.some(({ committed }) => committed === 20), 'the new position', 600)
})

test('a partition that went is removed, but not what another instance has written meanwhile', async () => {
  const { hash, mirror, partitions, reader, shows } = mirrorOf([0, 1, 2].map(each => partitionFacts(each)))
  await shows(read => read.length === 3, 'all partitions')
  const other = JSON.stringify({ instance: 'other' })
  partitions.splice(0, 2)
  await client.hset(hash, 't/0', other)
  await shows(read => read.length === 2, 'two partitions')
  await client.hset(hash, 't/2', other)
  await mirror.stop()
  assert.equal(
    (await reader.read()).map(({ instance, partition }) => `${partition} ${instance}`).sort(),
    ['0 other', '2 other'],
    'stop() leaves what is not ours',
  )
})

test('an instance that died is told apart, and vanishes', async () => {
  const { hash, groupId, reader, shows } = mirrorOf([partitionFacts(0)])
  await shows(read => read.length === 1, 'the partition')
  const ttl = await client.pttl(`lc:${groupId}:instance:one`)
  assert.ok(ttl > 0 && ttl <= 3000, `its key expires (${ttl} ms)`)
  assert.ok((await client.pttl(hash)) > 0, 'so does the hash')
  await client.hset(hash, 't/9', JSON.stringify({ instance: 'dead' }), 'nonsense', '{')
  const dead = (await reader.read()).find(({ partition }) => partition === 9)
  assert.is(dead?.isFresh, false)
})

test('FLUSHALL: everything is back within a second', async () => {
  const { shows } = mirrorOf([partitionFacts(0), partitionFacts(1)])
  await shows(read => read.length === 2, 'both partitions')
  await client.flushall()
  await shows(read => read.length === 2 && read.every(({ isFresh }) => isFresh), 'both again', 1000)
})

test('a key of another type in the way is replaced', async () => {
  const { hash, shows } = mirrorOf([partitionFacts(0)])
  await shows(read => read.length === 1, 'the partition')
  await client.set(hash, 'in the way')
  await shows(read => read.length === 1, 'the partition again')
})

test('no memory left: refused writes are counted, and it heals when there is room', async () => {
  const { mirror, shows } = mirrorOf([partitionFacts(0)])
  await shows(read => read.length === 1, 'the partition')
  await client.config('SET', 'maxmemory-policy', 'noeviction')
  await client.config('SET', 'maxmemory', '1')
  try {
    await until(() => mirror.snapshot().trouble?.includes('OOM'), { deadlineMs: 2000, what: 'trouble' })
    assert.is(mirror.snapshot().mode, 'connected', 'the connection is not to blame')
  } finally {
    await client.config('SET', 'maxmemory', '0')
  }
  await until(() => mirror.snapshot().isUp, { deadlineMs: 2000, what: 'recovery' })
  await shows(read => read[0]?.isFresh === true, 'the partition again', 1000)
})

test('kill -9 and restart: away, and back by itself', async () => {
  const { happened, mirror, shows } = mirrorOf([partitionFacts(0)])
  await shows(read => read.length === 1, 'the partition')
  happened.length = 0
  await server.kill()
  await until(() => mirror.snapshot().mode === 'away', { deadlineMs: 2000, what: 'the loss is noticed' })
  await until(() => happened.filter(({ name }) => name === 'redis:mirror:failed').length > 3, {
    deadlineMs: 5000,
    what: 'attempts',
  })
  await server.restart()
  await shows(read => read[0]?.isFresh === true, 'the partition again')
})

test('SIGSTOP: attempts go on within their time limits, nothing piles up, stop() does not hang', async () => {
  const facts = Array.from({ length: 2000 }, (_, partition) => partitionFacts(partition))
  const { happened, mirror, shows } = mirrorOf(facts)
  const stopped = mirrorOf([partitionFacts(0)])
  await shows(read => read.length === 2000, 'all partitions')
  await stopped.shows(read => read.length === 1, 'the other mirror')
  happened.length = 0
  const before = process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length
  await server.kill('SIGSTOP')
  try {
    const attempts = () => happened.filter(({ name }) => name === 'redis:mirror:failed').length
    await until(() => attempts() >= 8, { deadlineMs: 8000, what: 'eight attempts' })
    assert.not.ok(mirror.snapshot().isUp)
    const sockets = process.getActiveResourcesInfo().filter(kind => kind === 'TCPSocketWrap').length
    // One more for each mirror: the connection that is being given up.
    assert.ok(sockets <= before + 2, `${sockets} sockets where there were ${before}`)
    const begin = performance.now()
    await stopped.mirror.stop()
    const tookMs = performance.now() - begin
    assert.ok(tookMs < 1000, `stop() took ${tookMs} ms`)
  } finally {
    await server.kill('SIGCONT')
  }
  await shows(read => read.length === 2000 && read.every(({ isFresh }) => isFresh), 'all again', 3000)
})

inner.run()

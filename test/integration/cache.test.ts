/**
 * The query cache against real Redis servers, one of its own that falls ill: one filler for many askers, answers that
 * late rows end, bounds that hold, and an answer whatever Redis does (src/redis/cache/).
 */
import { setMaxListeners } from 'node:events'
import type { Redis as Client } from 'ioredis'
import * as assert from 'uvu/assert'
import type { EventName, Events } from '../../src/events.ts'
import type { Question } from '../../src/query/cached.ts'
import { Announcer } from '../../src/redis/cache/announcer.ts'
import { QueryCache } from '../../src/redis/cache/cache.ts'
import { forgetAnswers } from '../../src/redis/cache/forget.ts'
import { OPEN_MS } from '../../src/redis/link.ts'
import { type Redis, startRedis } from '../../stack/redis.ts'
import { redisClient } from '../support/services.ts'
import { cleanUp, suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'

const test = suite('redis/cache', { timeoutMs: 20_000 })
let server: Redis
let client: Client

test.before(async () => {
  server = await startRedis()
  client = redisClient(server.url)
})
test.after(() => server.stop())

const HOUR_MS = 3_600_000
const forever = new AbortController().signal
setMaxListeners(0, forever)
let prefixes = 0

interface Process {
  readonly cache: QueryCache
  readonly outcomes: string[]
  readonly failures: string[]
}

/** A cache as one process has it. */
async function processOf(
  prefix: string,
  budgetBytes = 1 << 20,
  url = server.url,
  identity = 'one database',
): Promise<Process> {
  const outcomes: string[] = []
  const failures: string[] = []
  const emit = <N extends EventName>(name: N, event: Events[N]): void => {
    if ('outcome' in event) outcomes.push(event.outcome)
    if (name === 'redis:cache:failed') failures.push(String((event as { error: Error }).error.message))
  }
  const cache = new QueryCache({ url, prefix, identity, budgetBytes, emit })
  await cache.start()
  cleanUp(() => cache.stop())
  return { cache, outcomes, failures }
}

const freshPrefix = (): string => `lc${++prefixes}`

/** Over an hour that ended so long ago. */
function questionOver(quietMs: number, name = 'histogram'): Question {
  const to = Date.now() - quietMs
  return { name, params: {}, from: new Date(to - HOUR_MS), to: new Date(to) }
}

/** The last hour, as it moves. */
const lastHour = (name = 'histogram'): Question => ({ ...questionOver(0, name), isRolling: true })

/** Counts its calls; each takes as long as it is told to. */
function counting() {
  const fill = Object.assign(
    async () => {
      fill.calls += 1
      await fill.gate
      return { calls: fill.calls }
    },
    { calls: 0, gate: Promise.resolve() },
  )
  return fill
}

function gate(): { promise: Promise<void>; open: () => void } {
  let open = (): void => undefined
  const promise = new Promise<void>(resolve => {
    open = resolve
  })
  return { promise, open }
}

test('fifty callers in two processes cost one fill', async () => {
  const prefix = freshPrefix()
  const [one, two] = [await processOf(prefix), await processOf(prefix)]
  const fill = counting()
  const held = gate()
  fill.gate = held.promise
  const question = questionOver(HOUR_MS)
  const asked = Array.from({ length: 50 }, (_, index) =>
    (index % 2 === 0 ? one : two).cache.cached(question, fill, forever),
  )
  await until(() => fill.calls === 1, { deadlineMs: 2000, what: 'the fill' })
  const loads = () => [one, two].map(({ cache }) => cache.load)
  await until(() => loads().some(({ waiting }) => waiting === 1), { deadlineMs: 2000, what: 'who waits' })
  assert.equal(
    loads()
      .map(({ filling }) => filling)
      .sort(),
    [0, 1],
  )
  held.open()
  assert.equal(new Set((await Promise.all(asked)).map(({ calls }) => calls)), new Set([1]))
  assert.equal(await two.cache.cached(question, fill, forever), { calls: 1 })
  assert.is(fill.calls, 1)
  assert.equal([...one.outcomes, ...two.outcomes].filter(each => each === 'filled').length, 1)
  assert.ok([...one.outcomes, ...two.outcomes].includes('waited'))
  assert.is(two.outcomes.at(-1), 'hit')
  for (const load of loads()) assert.equal(load, { filling: 0, waiting: 0, isUp: true })
})

test('a filler that fails fails its own callers; those of another process fill themselves', async () => {
  const prefix = freshPrefix()
  const [one, two] = [await processOf(prefix), await processOf(prefix)]
  const held = gate()
  const question = questionOver(HOUR_MS)
  const failing = one.cache.cached(
    question,
    async () => {
      await held.promise
      throw new Error('no answer')
    },
    forever,
  )
  failing.catch(() => undefined)
  await until(async () => (await client.keys(`${prefix}:cache:lock:*`)).length === 1, {
    deadlineMs: 2000,
    what: 'the lock',
  })
  const fill = counting()
  const waiting = two.cache.cached(question, fill, forever)
  held.open()
  assert.equal(await waiting, { calls: 1 })
  assert.match(String(await failing.catch(error => error)), /no answer/)
})

test('the fill is cancelled when the last caller leaves, and not before', async () => {
  const { cache } = await processOf(freshPrefix())
  const [first, second] = [new AbortController(), new AbortController()]
  let signal: AbortSignal | undefined
  const fill = (given: AbortSignal): Promise<object> => {
    signal = given
    return new Promise((_, reject) => given.addEventListener('abort', () => reject(given.reason)))
  }
  const question = questionOver(HOUR_MS)
  const asked = [first, second].map(each => cache.cached(question, fill, each.signal).catch(error => error))
  await until(() => signal, { deadlineMs: 2000, what: 'the fill' })
  first.abort(new Error('gone'))
  assert.match(String(await asked[0]), /gone/)
  assert.is(signal!.aborted, false)
  second.abort(new Error('gone too'))
  await asked[1]
  assert.is(signal!.aborted, true)
  assert.equal(await cache.cached(question, counting(), forever), { calls: 1 }, 'the next caller begins anew')
})

test('rows that arrive late end the answers over their time, and no others', async () => {
  const prefix = freshPrefix()
  const { cache } = await processOf(prefix)
  const announcer = new Announcer({ url: server.url, prefix, emit: () => undefined })
  announcer.start()
  cleanUp(() => announcer.stop())
  const [touched, untouched] = [questionOver(5 * HOUR_MS, 'facets'), questionOver(9 * HOUR_MS, 'facets')]
  const [fill, other] = [counting(), counting()]
  const epoch = () => client.get(`${prefix}:cache:token:epoch`)
  const commit = (atMs: number): void =>
    announcer.committed({
      topic: 't',
      partition: 0,
      first_offset: 1,
      next_offset: 2,
      min_us: atMs * 1000,
      max_us: atMs * 1000,
    })
  commit(Date.now())
  await until(epoch, { deadlineMs: 2000, what: 'the first epoch' })
  await cache.cached(touched, fill, forever)
  await cache.cached(untouched, other, forever)
  commit(touched.from.getTime() + 60_000)
  await until(async () => (await cache.cached(touched, fill, forever)).calls === 2, {
    deadlineMs: 3000,
    what: 'a new answer',
  })
  await cache.cached(untouched, other, forever)
  assert.is(other.calls, 1)
  announcer.assigned()
  await until(async () => (await cache.cached(untouched, other, forever)).calls === 2, {
    deadlineMs: 3000,
    what: 'a new epoch',
  })
})

test('a token that was evicted brings no old answer back', async () => {
  const prefix = freshPrefix()
  const { cache } = await processOf(prefix)
  const fill = counting()
  const question = questionOver(HOUR_MS)
  await cache.cached(question, fill, forever)
  await client.del(...(await client.keys(`${prefix}:cache:token:*`)))
  assert.equal(await cache.cached(question, fill, forever), { calls: 2 })
})

test('"the last hour" is asked once in some seconds; slow answers are given out while they are renewed', async () => {
  const { cache, outcomes } = await processOf(freshPrefix())
  const fill = counting()
  await cache.cached(lastHour(), fill, forever)
  assert.equal(await cache.cached(lastHour(), fill, forever), { calls: 1 })
  // The list of records grows old after a second; this one takes 300 ms to make.
  const slow = counting()
  slow.gate = new Promise(resolve => setTimeout(resolve, 300))
  await cache.cached(lastHour('search'), slow, forever)
  await until(
    async () => (await cache.cached(lastHour('search'), slow, forever)) && outcomes.includes('stale'),
    {
      deadlineMs: 3000,
      what: 'an old answer',
    },
  )
  await until(() => slow.calls === 2, { deadlineMs: 1000, what: 'the new one' })
})

test('large answers are not kept, and all together keep their budget', async () => {
  const prefix = freshPrefix()
  const { cache } = await processOf(prefix, 1 << 20)
  const large = { text: 'x'.repeat(300_000) }
  for (let times = 0; times < 2; times++)
    assert.equal(await cache.cached(questionOver(HOUR_MS, 'large'), async () => large, forever), large)
  assert.equal(await client.keys(`${prefix}:cache:answer:*`), [])
  for (let each = 0; each < 20; each++)
    await cache.cached(
      questionOver(HOUR_MS + each, 'many'),
      async () => ({ text: 'x'.repeat(100_000) }),
      forever,
    )
  const kept = await client.keys(`${prefix}:cache:answer:*`)
  // Fewer where some have aged meanwhile, on a busy machine.
  assert.ok(kept.length >= 1 && kept.length <= 10, `${kept.length} answers kept`)
  const sizes = await client.hgetall(`${prefix}:cache:bytes`)
  assert.ok(Object.keys(sizes).length >= kept.length + 1)
  assert.ok(Number(sizes['']) <= 1 << 20)
})

test('processes of different databases do not meet, though their prefix is the same', async () => {
  const prefix = freshPrefix()
  const [one, two] = [await processOf(prefix), await processOf(prefix, 1 << 20, server.url, 'another')]
  const question = questionOver(HOUR_MS)
  assert.is(await one.cache.cached(question, async () => 'ours', forever), 'ours')
  assert.is(await two.cache.cached(question, async () => 'theirs', forever), 'theirs')
})

test('what changes rows past the announcer ends every answer', async () => {
  const prefix = freshPrefix()
  const { cache } = await processOf(prefix)
  const fill = counting()
  const question = questionOver(HOUR_MS)
  await cache.cached(question, fill, forever)
  assert.equal(await cache.cached(question, fill, forever), { calls: 1 })
  await forgetAnswers({ url: server.url, prefix })
  assert.equal(await cache.cached(question, fill, forever), { calls: 2 })
  await forgetAnswers({ url: '', prefix })
})

test('without Redis there is an answer, and callers still share', async () => {
  const { cache, outcomes } = await processOf(freshPrefix(), 1 << 20, '')
  const fill = counting()
  const question = questionOver(HOUR_MS)
  await Promise.all([cache.cached(question, fill, forever), cache.cached(question, fill, forever)])
  assert.is(fill.calls, 1)
  assert.equal(outcomes.sort(), ['bypassed', 'shared'])
})

test('no memory left: answers are not kept, and nobody waits for them', async () => {
  const { cache, outcomes } = await processOf(freshPrefix())
  await client.config('SET', 'maxmemory-policy', 'noeviction')
  await client.config('SET', 'maxmemory', '1')
  try {
    await cache.cached(questionOver(HOUR_MS), counting(), forever)
    await cache.cached(lastHour(), counting(), forever)
    assert.equal(outcomes, ['bypassed', 'bypassed'])
  } finally {
    await client.config('SET', 'maxmemory', '0')
  }
})

test('a Redis that stands still costs one time-out, a dead one nothing; when it is back it is used', async () => {
  const { cache, outcomes, failures } = await processOf(freshPrefix())
  const timed = async (): Promise<number> => {
    const startedAt = performance.now()
    await cache.cached(questionOver(HOUR_MS), counting(), forever)
    return performance.now() - startedAt
  }
  await timed()
  await server.kill('SIGSTOP')
  const first = await timed()
  assert.ok(first > 150, `the first took ${first} ms`)
  const next: number[] = []
  for (let each = 0; each < 5; each++) next.push(await timed())
  // The best of them: any one may be held up by the machine.
  assert.ok(Math.min(...next) < 50, `the next took ${next.join(', ')} ms`)
  await server.kill('SIGKILL')
  await timed()
  await server.restart()
  assert.is(failures.length, 1)
  await until(async () => (await timed()) && outcomes.at(-1) === 'filled', {
    deadlineMs: OPEN_MS + 3000,
    everyMs: 100,
    what: 'Redis is used again',
  })
})

test.run()

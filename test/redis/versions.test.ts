/**
 * Which tokens a range depends on, and which ones rows replace: they meet exactly when the minutes do
 * (src/redis/cache/versions.ts). And what makes two questions one (plan.ts).
 */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import type { Question } from '../../src/query/cached.ts'
import { planOf } from '../../src/redis/cache/plan.ts'
import { epochKey, keysToRead, keysToReplace, TOKEN_TTL_MS } from '../../src/redis/cache/versions.ts'
import { suite } from '../support/suite.ts'

const test = suite('redis/cache versions', { timeoutMs: 20_000 })

const MINUTE = 60_000
const DAY = 1440 * MINUTE
const now = Date.UTC(2026, 10, 23, 20)

/** A time around now: near it, or some days away. */
const time = fc.oneof(
  fc.integer({ min: now - 3 * 3_600_000, max: now }),
  fc.integer({ min: now - 40 * DAY, max: now }),
  fc.integer({ min: -30, max: 0 }).map(hours => now + hours * 3_600_000),
)
const width = fc.oneof(
  fc.integer({ min: 1, max: 3 * 3_600_000 }),
  fc.integer({ min: 1, max: 20 * DAY }),
  fc.integer({ min: 1, max: 50 }).map(hours => hours * 3_600_000),
)

test('rows replace a token of a range exactly when one of their minutes lies in it', () => {
  const holds = fc.property(time, width, time, width, (from, readWidth, min, touchedWidth) => {
    const [to, max] = [from + readWidth, min + touchedWidth - 1]
    const read = new Set(keysToRead(from, to))
    const meet = keysToReplace(min, max).some(name => read.has(name))
    const [first, last] = [Math.floor(from / MINUTE), Math.ceil(to / MINUTE) - 1]
    const isTouched = Math.floor(min / MINUTE) <= last && Math.floor(max / MINUTE) >= first
    assert.is(meet, isTouched)
  })
  fc.assert(holds, { numRuns: 3000 })
})

test('neither side needs many', () => {
  assert.ok(keysToRead(now - 30 * DAY + 1, now - 1)!.length < 300)
  assert.ok(keysToReplace(now - 30 * DAY + 1, now - 1).length < 400)
  assert.is(keysToReplace(now, now).length, 3, 'the usual case: minute, hour, day')
})

test('what is too wide to follow has no tokens, or a new epoch', () => {
  assert.is(keysToRead(0, now), null)
  assert.equal(keysToReplace(0, now), [epochKey])
})

const IDENTITY = 'one database'
const question = (more: Partial<Question> = {}): Question => ({
  name: 'histogram',
  params: { by: 'service', filter: { services: ['a'], topic: undefined } },
  from: new Date(now - 3_600_000),
  to: new Date(now),
  ...more,
})
const addressOf = (one: Question): string => planOf(one, now, IDENTITY).address

test('a question is the same however it is written, and another one with any other value', () => {
  const same = question({ params: { filter: { services: ['a'] }, by: 'service' } })
  assert.is(addressOf(same), addressOf(question()))
  const others = [
    question({ name: 'facets' }),
    question({ params: { by: 'service', filter: { services: ['b'] } } }),
    question({ to: new Date(now - 1) }),
  ].map(addressOf)
  const elsewhere = planOf(question(), now, 'another database').address
  assert.is(new Set([...others, elsewhere, addressOf(question())]).size, 5)
})

test('"the last hour" is the same question a moment later, and never that of a fixed hour', () => {
  const later = question({ from: new Date(now - 3_600_000 + 700), to: new Date(now + 700), isRolling: true })
  assert.is(addressOf(later), addressOf(question({ isRolling: true })))
  assert.is.not(addressOf(question({ isRolling: true })), addressOf(question()))
})

test('what reaches into the present only ages; what is over is kept until its tokens change', () => {
  const open = planOf(question({ to: new Date(now + 1) }), now, IDENTITY)
  assert.equal([open.tokens, open.ttlMs], [null, 4500])
  assert.is(planOf(question({ name: 'search', to: new Date(now + 1) }), now, IDENTITY).ttlMs, 1000)
  const narrow = planOf(question({ from: new Date(now - 60_000), isRolling: true }), now, IDENTITY)
  assert.equal([narrow.tokens, narrow.ttlMs], [null, 1000])
  const over = planOf(question(), now + 60_000, IDENTITY)
  assert.ok(over.tokens !== null && over.ttlMs === 600_000)
  const longOver = planOf(question(), now + DAY, IDENTITY)
  assert.ok(longOver.ttlMs > 3_600_000 && longOver.ttlMs < TOKEN_TTL_MS)
})

test.run()

/**
 * The cache in Redis: its keys, and the scripts that touch several of them at once. docs/cache.md shows them.
 * Neighbours: cache.ts, announcer.ts.
 */
import { createHash, randomBytes } from 'node:crypto'
import type { ChainableCommander, Redis } from 'ioredis'
import { TOKEN_TTL_MS } from './versions.ts'

export interface CacheKeys {
  readonly token: (name: string) => string
  readonly answer: (hash: string) => string
  readonly lock: (hash: string) => string
  /** Sorted set: hash of an answer → when it expires, ms since 1970. */
  readonly expiries: string
  /** Hash: hash of an answer → its bytes; of the empty name, the sum. */
  readonly bytes: string
}

export const cacheKeysOf = (prefix: string): CacheKeys => ({
  token: name => `${prefix}:cache:token:${name}`,
  answer: hash => `${prefix}:cache:answer:${hash}`,
  lock: hash => `${prefix}:cache:lock:${hash}`,
  expiries: `${prefix}:cache:expiries`,
  bytes: `${prefix}:cache:bytes`,
})

/** A token that nobody has had before. */
export const newToken = (): string => randomBytes(9).toString('base64url')

/** An address: equal texts, equal names. */
export const hashOf = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 27)

/** A missing token is made: one that was evicted must never read as it did before. ARGV: a new token, ms to live. */
const READ_TOKENS = `local found = redis.call('MGET', unpack(KEYS))
for i, key in ipairs(KEYS) do
  if not found[i] then
    found[i] = ARGV[1]
    redis.call('SET', key, ARGV[1], 'PX', ARGV[2])
  end
end
return found`

/** The tokens of these names, in their order. Throws what Redis does. */
export const readTokens = (client: Redis, keys: CacheKeys, names: readonly string[]): Promise<string[]> =>
  client.eval(READ_TOKENS, names.length, ...names.map(keys.token), newToken(), TOKEN_TTL_MS) as Promise<
    string[]
  >

/** Adds to a pipeline. */
export function replaceTokens(pipeline: ChainableCommander, keys: CacheKeys, names: Iterable<string>): void {
  const token = newToken()
  for (const name of names) pipeline.set(keys.token(name), token, 'PX', TOKEN_TTL_MS)
}

/**
 * Keeps an answer and takes out, soonest to expire first, what is over the budget; ends the lock when it is still ours.
 * KEYS: answer, lock, expiries, bytes. ARGV: hash, text, ms to live, bytes, budget, our lock, prefix of answers.
 */
const KEEP = `local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
local total = tonumber(redis.call('HGET', KEYS[4], '') or '0')
local function forget(hash)
  total = total - tonumber(redis.call('HGET', KEYS[4], hash) or '0')
  redis.call('HDEL', KEYS[4], hash)
  redis.call('ZREM', KEYS[3], hash)
end
forget(ARGV[1])
for _, hash in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now, 'LIMIT', 0, 100)) do forget(hash) end
while total + tonumber(ARGV[4]) > tonumber(ARGV[5]) do
  local first = redis.call('ZRANGE', KEYS[3], 0, 0)[1]
  if not first then total = 0 break end
  redis.call('DEL', ARGV[7] .. first)
  forget(first)
end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('ZADD', KEYS[3], string.format('%.0f', now + ARGV[3]), ARGV[1])
redis.call('HSET', KEYS[4], ARGV[1], ARGV[4], '', string.format('%.0f', total + ARGV[4]))
if redis.call('GET', KEYS[2]) == ARGV[6] then redis.call('DEL', KEYS[2]) end`

export interface Kept {
  readonly hash: string
  readonly text: string
  readonly ttlMs: number
  /** Of all answers together. */
  readonly budgetBytes: number
  /** Value of the lock while it is ours. */
  readonly lock: string
}

/** Throws what Redis does. */
export async function keepAnswer(client: Redis, keys: CacheKeys, kept: Kept): Promise<void> {
  const { hash, text, ttlMs, budgetBytes, lock } = kept
  const names = [keys.answer(hash), keys.lock(hash), keys.expiries, keys.bytes]
  const bytes = Buffer.byteLength(text)
  await client.eval(KEEP, 4, ...names, hash, text, ttlMs, bytes, budgetBytes, lock, keys.answer(''))
}

const UNLOCK = `if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end`

/** Throws what Redis does. */
export async function unlock(client: Redis, keys: CacheKeys, hash: string, lock: string): Promise<void> {
  await client.eval(UNLOCK, 1, keys.lock(hash), lock)
}

/**
 * The pressure of a group in Redis: a hash with a field for each consumer that says how far it is behind; the greatest
 * counts. A field is stale, and later gone, when its consumer wrote nothing for three seconds by Redis' own clock.
 * mirror.ts writes it, gauge.ts and reader.ts read it; docs/redis.md shows it.
 */
import type { ChainableCommander, Redis } from 'ioredis'
import type { PressureSnapshot } from '../snapshot.ts'

export const PRESSURE_TTL_MS = 3_000

/** KEYS: the hash. ARGV: our field, our value as JSON, ms until it is stale. */
const WRITE = `local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
redis.call('HSET', KEYS[1], ARGV[1], '{"at":' .. string.format('%.0f', now) .. ',' .. string.sub(ARGV[2], 2))
local all = redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at = string.match(all[i + 1], '^{"at":(%d+)')
  if not at or tonumber(at) < now - ARGV[3] then redis.call('HDEL', KEYS[1], all[i]) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])`

/** Adds the write to a pipeline. */
export function writePressure(
  pipeline: ChainableCommander,
  key: string,
  instance: string,
  { arenaFill, lagSeconds }: PressureSnapshot,
): void {
  const value = JSON.stringify({ lag_seconds: rounded(lagSeconds), arena_fill: rounded(arenaFill) })
  pipeline.eval(WRITE, 1, key, instance, value, PRESSURE_TTL_MS)
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000

interface Entry {
  readonly at: number
  readonly lag_seconds: number
  readonly arena_fill: number
}

/** The greatest of all consumers that are alive; null: there is none. Throws what Redis does. */
export async function readPressure(client: Redis, key: string): Promise<PressureSnapshot | null> {
  const [fields, [seconds, micros]] = await Promise.all([client.hgetall(key), client.time()])
  const oldest = Number(seconds) * 1000 + Math.floor(Number(micros) / 1000) - PRESSURE_TTL_MS
  const alive = Object.values(fields)
    .flatMap(decode)
    .filter(({ at }) => at >= oldest)
  if (alive.length === 0) return null
  return {
    lagSeconds: Math.max(...alive.map(({ lag_seconds }) => lag_seconds)),
    arenaFill: Math.max(...alive.map(({ arena_fill }) => arena_fill)),
  }
}

/** Nothing for a value that this version does not understand. */
function decode(text: string): Entry[] {
  try {
    const entry = JSON.parse(text) as Entry
    const isWhole = [entry?.at, entry?.lag_seconds, entry?.arena_fill].every(Number.isFinite)
    return isWhole ? [entry] : []
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

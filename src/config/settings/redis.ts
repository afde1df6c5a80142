/** The mirror of positions and lag. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { keyPrefix } from './shapes.ts'

export const redisSettings = {
  'redis.url': {
    type: 'url',
    default: '',
    schemes: ['redis', 'rediss'],
    optional: true,
    secret: true,
    help: 'Redis for the mirror of positions and lag, redis://user:password@host:port/database; empty: no mirror. Nothing else needs it.',
  },
  'redis.prefix': {
    type: 'string',
    default: 'logcollector',
    shape: keyPrefix,
    help: 'What every key begins with. Keys under it belong to LogCollector and are overwritten.',
  },
  'redis.pressure.max_lag': {
    type: 'duration',
    default: '1m',
    min: '1s',
    max: '24h',
    help: 'Further behind than this, whoever takes data in waits or refuses it (produce --respect-pressure).',
  },
  'redis.cache_budget': {
    type: 'bytes',
    default: '64MiB',
    min: '1MiB',
    max: '16GiB',
    help: 'Most that the answers of the API which are kept in Redis take together (docs/cache.md).',
  },
} as const satisfies Record<string, Setting>

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
} as const satisfies Record<string, Setting>

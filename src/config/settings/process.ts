/** What the process says, and how long it may take to end. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { roleName } from './shapes.ts'

export const processSettings = {
  roles: {
    type: 'list',
    default: 'all',
    minItems: 1,
    maxItems: 4,
    shape: roleName,
    help: 'What the process does: consume (Kafka to Postgres), maintain (segments and verify), api (HTTP for users); or all.',
  },
  'log.level': {
    type: 'enum',
    default: 'info',
    values: ['debug', 'info', 'warn', 'error'],
    help: 'Least level that is logged; debug also shows stacks and one line per batch.',
  },
  'log.format': {
    type: 'enum',
    default: 'auto',
    values: ['auto', 'json', 'pretty'],
    help: 'auto is pretty on a terminal and JSON elsewhere.',
  },
  'shutdown.deadline': {
    type: 'duration',
    default: '20s',
    min: '1s',
    max: '10m',
    help: 'Most that stopping may take; what is not committed by then is read again by the next start.',
  },
} as const satisfies Record<string, Setting>

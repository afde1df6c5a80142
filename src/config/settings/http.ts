/** What this process serves. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { anyText, bearerToken } from './shapes.ts'

export const httpSettings = {
  'http.host': {
    type: 'string',
    default: '127.0.0.1',
    shape: anyText,
    help: 'Address that HTTP listens on.',
  },
  'http.port': {
    type: 'int',
    default: '8080',
    min: '0',
    max: '65535',
    help: 'Port that HTTP listens on; 0 takes any free one.',
  },
  'http.max_connections': {
    type: 'int',
    default: '1000',
    min: '1',
    max: '100000',
    help: 'Connections that HTTP holds at the same time, followers of the live tail among them; further ones are closed at once.',
  },
  'http.debug': {
    type: 'bool',
    default: 'false',
    help: 'Serve /debug: state, profiles, heap snapshots, log level (docs/debug.md). Keep it from strangers.',
  },
  'http.debug_token': {
    type: 'string',
    secret: true,
    default: '',
    shape: bearerToken,
    help: 'Token that /debug asks for (Authorization: Bearer …). Without one /debug answers requests from this machine only.',
  },
} as const satisfies Record<string, Setting>

/** What this process serves. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { anyText } from './shapes.ts'

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
  'http.debug': {
    type: 'bool',
    default: 'false',
    help: 'Serve /debug: the state of every part as JSON. It names topics, addresses and errors, so keep it from strangers.',
  },
} as const satisfies Record<string, Setting>

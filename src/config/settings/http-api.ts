/** The API below /api/v1 of processes with the role api. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { webOrigin } from './shapes.ts'

export const httpApiSettings = {
  'http.api.auth': {
    type: 'enum',
    default: 'auto',
    values: ['auto', 'keys', 'none'],
    help: 'Who may ask: keys wants an API key ("logcollector keys"), none answers this machine only; auto is none while http.host is a loopback address, else keys.',
  },
  'http.api.postgres_url': {
    type: 'url',
    default: '',
    schemes: ['postgres', 'postgresql'],
    severalHosts: true,
    secret: true,
    optional: true,
    help: 'The database as the API reads it, such as with a role that may only read; empty: postgres.url.',
  },
  'http.api.connections': {
    type: 'int',
    default: '4',
    min: '1',
    max: '64',
    help: 'Connections to Postgres for queries of the API; exports leave one of them free.',
  },
  'http.api.queue': {
    type: 'int',
    default: '64',
    min: '0',
    max: '10000',
    help: 'Queries that may wait for such a connection; more are answered 503.',
  },
  'http.api.statement_timeout': {
    type: 'duration',
    default: '15s',
    min: '100ms',
    max: '1h',
    help: 'A query of the API that takes longer is cancelled.',
  },
  'http.api.rate_limit': {
    type: 'int',
    default: '1200',
    min: '0',
    max: '1000000',
    help: 'Requests a minute that one key (without keys: one address) may make; more are answered 429; 0: any number.',
  },
  'http.api.cors_origins': {
    type: 'list',
    default: '',
    minItems: 0,
    maxItems: 50,
    shape: webOrigin,
    help: 'Origins of web pages that may read answers of the API, such as https://logs.example.com.',
  },
  'http.api.tail_followers': {
    type: 'int',
    default: '64',
    min: '0',
    max: '10000',
    help: 'Clients that may follow the live tail of this process at the same time; more are answered 503.',
  },
} as const satisfies Record<string, Setting>

/** Where rows go: the database and the connections that write. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'

export const postgresSettings = {
  'postgres.url': {
    type: 'url',
    default: 'postgres://localhost:5432/logcollector',
    schemes: ['postgres', 'postgresql'],
    severalHosts: true,
    secret: true,
    help: 'The database: postgres://user:password@host:port/database?options; several hosts are separated by commas.',
  },
  'postgres.writers': {
    type: 'int',
    default: '2',
    min: '1',
    max: '64',
    help: 'Connections that write; two fill two cores of Postgres.',
  },
  'postgres.connect_timeout': {
    type: 'duration',
    default: '10s',
    min: '100ms',
    max: '5m',
    help: 'Most that opening a connection may take.',
  },
  'postgres.stall_timeout': {
    type: 'duration',
    default: '60s',
    min: '1s',
    max: '1h',
    help: 'A connection on which nothing moves for so long in the middle of its work is cut and opened anew.',
  },
  'postgres.migrate_url': {
    type: 'url',
    default: '',
    schemes: ['postgres', 'postgresql'],
    severalHosts: true,
    optional: true,
    secret: true,
    help: 'The same database as a role that may change the tables, for migrations; empty: postgres.url.',
  },
  'postgres.yield_above': {
    type: 'duration',
    default: '0ms',
    min: '0ms',
    max: '1h',
    help: 'While commits take longer than this, one writer fewer is at work every second, down to one; 0ms: never.',
  },
} as const satisfies Record<string, Setting>

/** Segments of the table logs, transactions, and the periodic verify. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { indexKinds } from './shapes.ts'

export const storageSettings = {
  'storage.segment': {
    type: 'enum',
    default: 'day',
    values: ['day', 'hour'],
    help: 'Time that one partition of the table logs covers.',
  },
  'storage.segments_ahead': {
    type: 'int',
    default: '3',
    min: '1',
    max: '48',
    help: 'Segments made before their time.',
  },
  'storage.verify_interval': {
    type: 'duration',
    default: '1m',
    min: '1s',
    max: '24h',
    help: 'How often ledger and positions of the last ten minutes are compared; verify_ok shows the result.',
  },
  'storage.seal_after': {
    type: 'duration',
    default: '2h',
    min: '1s',
    max: '30d',
    help: 'A segment gets its search indexes when its time is over and nothing has arrived for it for so long.',
  },
  'storage.indexes': {
    type: 'list',
    default: 'service,trace,attrs',
    minItems: 0,
    maxItems: 4,
    shape: indexKinds,
    help: 'Search indexes of sealed segments: service (with severity and time), trace, attrs, text (of the message; slow to build).',
  },
  'storage.text_index': {
    type: 'enum',
    default: 'off',
    values: ['auto', 'on', 'off'],
    help: 'Trigram index on the message of sealed segments, for searches of a part of it; it takes twice the time of the other indexes together. auto builds it where the server has the extension pg_trgm and the role may use it; on complains where not.',
  },
  'storage.retention': {
    type: 'duration',
    default: '0ms',
    min: '0ms',
    max: '36500d',
    help: 'Segments whose time ended so long ago are dropped; 0ms keeps them.',
  },
  'storage.max_size': {
    type: 'bytes',
    default: '0B',
    min: '0B',
    max: '900000GiB',
    help: 'When the segments with their indexes exceed this, the oldest are dropped, never the present one; 0B is no limit.',
  },
  'storage.rollup_retention': {
    type: 'duration',
    default: '0ms',
    min: '0ms',
    max: '36500d',
    help: 'Rollups this old are deleted where the rows are gone too; 0ms keeps them.',
  },
  'storage.maintenance_interval': {
    type: 'duration',
    default: '1m',
    min: '1s',
    max: '24h',
    help: 'How often it is looked at what to seal, to drop and to merge.',
  },
  'sink.transaction_bytes': {
    type: 'bytes',
    default: '32MiB',
    min: '64KiB',
    max: '512MiB',
    help: 'Most that one transaction takes.',
  },
  'sink.transaction_interval': {
    type: 'duration',
    default: '20ms',
    min: '0ms',
    max: '10s',
    help: 'Least time between two transactions of a writer while there is little to write.',
  },
} as const satisfies Record<string, Setting>

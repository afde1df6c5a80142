/** Segments of the table logs, transactions, and the periodic verify. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'

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

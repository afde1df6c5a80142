/** The look for anomalies, and who is told of them. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'

export const anomalySettings = {
  'anomalies.enabled': {
    type: 'bool',
    default: 'true',
    help: 'Anomalies are looked for in the counts of each minute, and written to the table anomalies.',
  },
  'anomalies.sensitivity': {
    type: 'enum',
    default: 'medium',
    values: ['low', 'medium', 'high'],
    help: 'How improbable a count must be: low finds only what is far off, high more and sooner, and more that is nothing.',
  },
  'anomalies.webhook_url': {
    type: 'url',
    default: '',
    schemes: ['http', 'https'],
    optional: true,
    secret: true,
    help: 'Gets each anomaly as JSON by POST, when it is found and when it is over; empty: nobody does.',
  },
  'anomalies.alertmanager_url': {
    type: 'url',
    default: '',
    schemes: ['http', 'https'],
    optional: true,
    secret: true,
    help: 'An Alertmanager, such as http://alertmanager:9093, that is told of what is open; empty: none is.',
  },
} as const satisfies Record<string, Setting>

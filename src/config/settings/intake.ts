/** The way into Kafka over HTTP: POST /api/v1/ingest and OTLP. Rows of the table in index.ts. */
import type { Setting } from './kinds.ts'
import { optionalText } from './shapes.ts'

export const intakeSettings = {
  'http.intake.enabled': {
    type: 'bool',
    default: 'true',
    help: 'Take records over HTTP and send them to Kafka (docs/intake.md); in processes with the role api.',
  },
  'http.intake.topics': {
    type: 'list',
    default: '',
    minItems: 0,
    maxItems: 1000,
    shape: { pattern: /^[a-zA-Z0-9._-]{1,249}$/, accepts: 'topic names' },
    help: 'Topics that may be written to over HTTP; the first is taken where a request names none. Empty: the names in kafka.topics.',
  },
  'http.intake.key_field': {
    type: 'string',
    default: '',
    shape: optionalText,
    help: 'Field of a record whose text or number becomes its Kafka key, where the request names no key; empty: no keys.',
  },
  'http.intake.max_body': {
    type: 'bytes',
    default: '4MiB',
    min: '1KiB',
    max: '256MiB',
    help: 'Largest body, as sent and decompressed.',
  },
  'http.intake.in_flight': {
    type: 'bytes',
    default: '32MiB',
    min: '64KiB',
    max: '16GiB',
    help: 'Bytes that may wait for Kafka; more is answered with 429. The process takes up to twice this beside memory.budget.',
  },
  'http.intake.ack_timeout': {
    type: 'duration',
    default: '10s',
    min: '100ms',
    max: '5m',
    help: 'A request that Kafka has not acknowledged by then is answered with 503.',
  },
  'http.intake.idempotency_window': {
    type: 'duration',
    default: '1h',
    min: '1s',
    max: '7d',
    help: 'How long an Idempotency-Key is remembered: in Redis where there is one, else in the process.',
  },
} as const satisfies Record<string, Setting>

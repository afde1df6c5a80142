/** Why the intake does not take records. Neighbour: ../errors.ts has them all. */
import type { ErrorKind } from './kind.ts'

export const intakeErrors = {
  INTAKE_BODY_TOO_LARGE: {
    retryable: false,
    meaning: 'The body is larger than the intake takes, as sent or decompressed',
    remedy: 'Send fewer records at once (at most 100,000), or raise http.intake.max_body',
  },
  INTAKE_UNSUPPORTED: {
    retryable: false,
    meaning: 'The body is of a kind that the intake does not read',
    remedy: 'Send what the message names: docs/intake.md, "Bodies"',
  },
  INTAKE_TOPIC_UNKNOWN: {
    retryable: false,
    meaning: 'The topic may not be written to over HTTP',
    remedy: 'Use one of http.intake.topics (kafka.topics where that is empty), or add it there',
  },
  INTAKE_PRESSURE: {
    retryable: true,
    meaning: 'The consumers are too far behind to take more in',
    remedy:
      'Send it again after the seconds that the header Retry-After names; the bound is redis.pressure.max_lag',
  },
  INTAKE_FULL: {
    retryable: true,
    meaning: 'The intake holds as many bytes as http.intake.in_flight allows',
    remedy: 'Send it again after the seconds that the header Retry-After names, or raise the setting',
  },
  INTAKE_STOPPING: {
    retryable: true,
    meaning: 'This process is being stopped',
    remedy: 'Send it again: to another process, or when this one is back',
  },
  INTAKE_KEY_BUSY: {
    retryable: true,
    meaning: 'A request with the same Idempotency-Key is still on its way',
    remedy: 'Send it again after the seconds that the header Retry-After names',
  },
  INTAKE_KEY_REUSED: {
    retryable: false,
    meaning: 'The Idempotency-Key came with another body before',
    remedy: 'Make a new key for every body, and use it again only for that',
  },
  INTAKE_UNACKNOWLEDGED: {
    retryable: true,
    meaning: 'Kafka has not acknowledged every record within http.intake.ack_timeout',
    remedy:
      'Send it again after the seconds that the header Retry-After names, with the same Idempotency-Key so that nothing is there twice; the records are listed',
  },
  INTAKE_RECORDS_REFUSED: {
    retryable: false,
    meaning: 'No record of the request can be taken',
    remedy: 'Correct the records that are listed',
  },
} as const satisfies Record<string, ErrorKind>

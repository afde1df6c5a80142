/** Metrics of what answers others: the intake, the cache of answers, the live tail, HTTP. Rows of catalogue.ts. */
import { type Metric, work } from './kind.ts'

export const apiMetrics = {
  intake_requests_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Requests to the intake: complete, partial (records were refused), unacknowledged, or the code of the error.',
  },
  intake_records_total: {
    type: 'counter',
    labels: ['outcome'],
    help: 'Records of the intake: accepted (Kafka acknowledged them), refused or unacknowledged.',
  },
  intake_request_seconds: {
    type: 'histogram',
    buckets: work,
    help: 'Time of a request to the intake, from its first byte until Kafka acknowledged or the deadline.',
  },
  intake_in_flight_bytes: {
    type: 'gauge',
    help: 'Bytes that the intake held when it last answered.',
  },
  cache_answers_total: {
    type: 'counter',
    labels: ['question', 'outcome'],
    help: 'Questions answered: hit, stale, waited and shared cost Postgres nothing; filled and bypassed a query each.',
  },
  cache_fill_seconds: {
    type: 'histogram',
    labels: ['question'],
    buckets: work,
    help: 'Time of Postgres for an answer that the cache did not have.',
  },
  cache_filling: { type: 'gauge', startsUnset: true, help: 'Answers that Postgres is being asked for.' },
  cache_waiting: {
    type: 'gauge',
    startsUnset: true,
    help: 'Answers that another process asks Postgres for, and this one waits for.',
  },
  cache_up: {
    type: 'gauge',
    startsUnset: true,
    help: '1 while the cache is connected to Redis, else 0; not shown without redis.url.',
  },
  cache_failures_total: { type: 'counter', help: 'Times that Redis failed the cache.' },
  announcer_failures_total: {
    type: 'counter',
    help: 'Times that other processes could not be told what was committed.',
  },
  tail_followers: { type: 'gauge', startsUnset: true, help: 'Followers of the live tail.' },
  tail_groups: {
    type: 'gauge',
    startsUnset: true,
    help: 'Reads that serve them: those who have come equally far share one.',
  },
  tail_sent_records_total: { type: 'counter', help: 'Records written to followers of the live tail.' },
  tail_failures_total: {
    type: 'counter',
    help: 'Times that what was committed could not be read for the followers of the live tail.',
  },
  tail_missed_records_total: {
    type: 'counter',
    help: 'Records that followers of the live tail were told they missed.',
  },
  api_reads: {
    type: 'gauge',
    labels: ['state'],
    help: 'Reads of the API that run, and that wait for a connection.',
  },
  http_request_seconds: {
    type: 'histogram',
    labels: ['method', 'route', 'status'],
    buckets: work,
    help: 'Time of a request until its answer was sent, by route and class of the status (aborted: the client left); the live tail, which has no end, only where it was refused.',
  },
} as const satisfies Record<string, Metric>

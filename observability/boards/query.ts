/** The board Query: how those who ask and those who send are served. Figures: docs/metrics.md. */
import type { Board } from './board.ts'
import type { Figure, Query } from './panels.ts'

const here = 'instance=~"$instance"'
const NONE = 'none'
const NO_REDIS = 'no Redis'
/** The intake waits for Kafka, and has panels of its own. */
const asked = `${here}, route=~"/api/v1/.*", route!="/api/v1/ingest"`
const requests = (by: string, where = asked): string =>
  `sum by (${by}) (rate(logcollector_http_request_seconds_count{${where}}[$__rate_interval]))`
const quantile = (share: number, by: string): string =>
  `histogram_quantile(${share}, sum by (${by}) (rate(logcollector_http_request_seconds_bucket{${asked}}[$__rate_interval])))`
const rate = (by: string, name: string): string =>
  `sum by (${by}) (rate(logcollector_${name}{${here}}[$__rate_interval]))`
/** Answers that cost Postgres nothing. */
const hits = `sum (rate(logcollector_cache_answers_total{${here}, outcome=~"hit|stale|waited|shared"}[$__rate_interval]))
  / (sum (rate(logcollector_cache_answers_total{${here}}[$__rate_interval])) > 0)`

const lines = (
  title: string,
  unit: string,
  description: string,
  queries: readonly Query[],
  more: Partial<Figure> = {},
): Figure => ({ kind: 'lines', title, unit, description, width: 8, queries, ...more })

const stat = (title: string, unit: string, description: string, expr: string, quiet?: string): Figure => ({
  kind: 'stat',
  title,
  unit,
  description,
  width: 4,
  queries: [{ expr, legend: '' }],
  ...(quiet === undefined ? {} : { quiet }),
})

const now: readonly Figure[] = [
  stat(
    'Requests',
    'reqps',
    'Requests to /api/v1 a second; without the intake.',
    `sum (${requests('instance')})`,
  ),
  stat('Slowest hundredth', 's', 'One request in a hundred takes longer than this.', quantile(0.99, 'le')),
  stat(
    'Failed',
    'percentunit',
    'Share of the requests that were answered with 5xx: by a fault, or because it was too much.',
    `(sum (${requests('instance', `${asked}, status="5xx"`)}) or vector(0)) / sum (${requests('instance')})`,
  ),
  stat('From the cache', 'percentunit', 'Share of the questions that cost Postgres nothing.', hits),
  stat('Followers', 'short', 'Who follows the live tail now.', `sum (logcollector_tail_followers{${here}})`),
  stat(
    'Taken in',
    'short',
    'Records a second that the intake has handed to Kafka.',
    `sum (rate(logcollector_intake_records_total{${here}, outcome="accepted"}[$__rate_interval]))`,
    NONE,
  ),
]

const api: readonly Figure[] = [
  {
    kind: 'heatmap',
    title: 'Latency',
    description: 'Requests to /api/v1 by the time until their answer was sent.',
    unit: 's',
    width: 8,
    queries: [
      {
        expr: `sum by (le) (increase(logcollector_http_request_seconds_bucket{${asked}}[$__rate_interval]))`,
        legend: '{{le}}',
      },
    ],
  },
  lines('Latency by route', 's', 'Nineteen of twenty requests are answered sooner.', [
    { expr: quantile(0.95, 'le, route'), legend: '{{route}}' },
  ]),
  lines('Requests by route', 'reqps', 'Requests a second.', [
    { expr: requests('method, route'), legend: '{{method}} {{route}}' },
  ]),
  lines(
    'Requests by status',
    'reqps',
    'Classes of the status; aborted: the client left before it was answered.',
    [{ expr: requests('status'), legend: '{{status}}' }],
  ),
  lines(
    'Reads',
    'short',
    'Reads that have a connection (at most http.api.connections), and that wait for one (at most http.api.queue).',
    [
      {
        expr: `sum by (state, instance) (logcollector_api_reads{${here}})`,
        legend: '{{state}}, {{instance}}',
      },
    ],
  ),
  lines('Other requests', 'reqps', 'What is not asked of the API: probes, scrapes, what no route is for.', [
    { expr: requests('route', `${here}, route!~"/(api/v1|v1)/.*"`), legend: '{{route}}' },
  ]),
]

const cache: readonly Figure[] = [
  lines('Hit rate', 'percentunit', 'Share of the questions that cost Postgres nothing.', [
    { expr: hits, legend: 'all' },
  ]),
  {
    kind: 'bars',
    title: 'Answers',
    description: 'Answers a second by where they come from: docs/cache.md explains the outcomes.',
    unit: 'short',
    width: 8,
    queries: [{ expr: rate('outcome', 'cache_answers_total'), legend: '{{outcome}}' }],
  },
  lines('Time to fill', 's', 'Time of Postgres for an answer that was not kept: nineteen of twenty.', [
    {
      expr: `histogram_quantile(0.95, ${rate('le, question', 'cache_fill_seconds_bucket')})`,
      legend: '{{question}}',
    },
  ]),
  lines(
    'Being filled',
    'short',
    'Answers that Postgres is being asked for, and that another process asks for.',
    [
      { expr: `sum by (instance) (logcollector_cache_filling{${here}})`, legend: 'filling, {{instance}}' },
      { expr: `sum by (instance) (logcollector_cache_waiting{${here}})`, legend: 'waiting, {{instance}}' },
    ],
  ),
  lines(
    'Redis',
    'short',
    '1 while the cache is connected; without Redis each process asks Postgres itself.',
    [{ expr: `logcollector_cache_up{${here}}`, legend: '{{instance}}' }],
    { quiet: NO_REDIS },
  ),
  lines('Failures', 'short', 'Times that Redis failed the cache, or could not be told of commits.', [
    {
      expr: `sum by (instance) (increase(logcollector_cache_failures_total{${here}}[$__rate_interval]))`,
      legend: 'cache, {{instance}}',
    },
    {
      expr: `sum by (instance) (increase(logcollector_announcer_failures_total{${here}}[$__rate_interval]))`,
      legend: 'announcer, {{instance}}',
    },
  ]),
]

const tail: readonly Figure[] = [
  lines(
    'Live tail',
    'short',
    'Followers, and the reads that serve them: more reads than one mean slow readers.',
    [
      { expr: `sum by (instance) (logcollector_tail_followers{${here}})`, legend: 'followers, {{instance}}' },
      { expr: `sum by (instance) (logcollector_tail_groups{${here}})`, legend: 'reads, {{instance}}' },
    ],
  ),
  lines('Sent', 'short', 'Records written to followers a second.', [
    { expr: rate('instance', 'tail_sent_records_total'), legend: '{{instance}}' },
  ]),
  lines('Missed', 'short', 'Records that followers were told they missed, and reads for them that failed.', [
    {
      expr: `sum by (instance) (increase(logcollector_tail_missed_records_total{${here}}[$__rate_interval]))`,
      legend: 'missed, {{instance}}',
    },
    {
      expr: `sum by (instance) (increase(logcollector_tail_failures_total{${here}}[$__rate_interval]))`,
      legend: 'failed reads, {{instance}}',
    },
  ]),
]

const intake: readonly Figure[] = [
  lines(
    'Requests to the intake',
    'reqps',
    'By outcome: complete, partial, unacknowledged, or the code of the error.',
    [{ expr: rate('outcome', 'intake_requests_total'), legend: '{{outcome}}' }],
    { quiet: NONE, width: 6 },
  ),
  lines(
    'Records of the intake',
    'short',
    'Records a second: accepted (Kafka acknowledged them), refused, unacknowledged.',
    [{ expr: rate('outcome', 'intake_records_total'), legend: '{{outcome}}' }],
    { quiet: NONE, width: 6 },
  ),
  lines(
    'Time of the intake',
    's',
    'From the first byte of a request until Kafka acknowledged: nineteen of twenty.',
    [{ expr: `histogram_quantile(0.95, ${rate('le', 'intake_request_seconds_bucket')})`, legend: 'p95' }],
    { width: 6 },
  ),
  lines(
    'Held by the intake',
    'bytes',
    'Bytes in flight when it last answered; http.intake.in_flight bounds them.',
    [{ expr: `sum by (instance) (logcollector_intake_in_flight_bytes{${here}})`, legend: '{{instance}}' }],
    { width: 6 },
  ),
]

export const query: Board = {
  uid: 'logcollector-query',
  title: 'Query',
  description: 'How those who ask and those who send are served.',
  variables: ['instance'],
  rows: { Now: now, API: api, Cache: cache, 'Live tail': tail, Intake: intake },
}

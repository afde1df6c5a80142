/** The board Throughput: how much goes through, where the time goes, and what holds it up. Figures: docs/metrics.md. */
import type { Board } from './board.ts'
import type { Figure } from './panels.ts'

const here = 'instance=~"$instance"'
const rate = (name: string): string =>
  `sum by (instance) (rate(logcollector_${name}{${here}}[$__rate_interval]))`

const latency = (title: string, name: string, description: string): Figure => ({
  kind: 'heatmap',
  title,
  description,
  unit: 's',
  width: 6,
  queries: [
    {
      expr: `sum by (le) (increase(logcollector_${name}_bucket{${here}}[$__rate_interval]))`,
      legend: '{{le}}',
    },
  ],
})

const amounts: readonly Figure[] = [
  {
    kind: 'lines',
    title: 'Rows stored',
    description: 'Rows committed to logs a second, by instance.',
    unit: 'short',
    width: 8,
    queries: [{ expr: rate('stored_rows_total'), legend: '{{instance}}' }],
  },
  {
    kind: 'lines',
    title: 'Bytes',
    description: 'Bytes a second: answers of Kafka, and what was committed to Postgres as COPY data.',
    unit: 'Bps',
    width: 8,
    queries: [
      { expr: rate('fetched_bytes_total'), legend: 'fetched, {{instance}}' },
      { expr: rate('stored_bytes_total'), legend: 'stored, {{instance}}' },
    ],
  },
  {
    kind: 'lines',
    title: 'Of the recorded maximum',
    description:
      'Rows stored a second over the most of the last 30 days, both as means of five minutes: near 1 there is nothing left.',
    unit: 'percentunit',
    width: 8,
    queries: [
      {
        expr: `instance:logcollector_stored_rows:rate5m{${here}} / (max_over_time(instance:logcollector_stored_rows:rate5m{${here}}[30d]) > 0)`,
        legend: '{{instance}}',
      },
    ],
  },
]

const lag: readonly Figure[] = [
  {
    kind: 'lines',
    title: 'Lag per partition',
    description: 'Offsets between the committed position and the end of the partition.',
    unit: 'short',
    width: 12,
    queries: [
      {
        expr: `max by (topic, partition) (logcollector_partition_lag_records{${here}, topic=~"$topic"})`,
        legend: '{{topic}}/{{partition}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Lag in time',
    description:
      'How long ago the log ended where the committed position stands, of the partition furthest behind.',
    unit: 's',
    width: 6,
    queries: [{ expr: `logcollector_pressure_lag_seconds{${here}}`, legend: '{{instance}}' }],
  },
  {
    kind: 'lines',
    title: 'Age at commit',
    description:
      'From the timestamp of a record in Kafka to its COMMIT: 99 of 100 transactions, newest batch of each.',
    unit: 's',
    width: 6,
    queries: [
      {
        expr: `histogram_quantile(0.99, sum by (le) (rate(logcollector_end_to_end_seconds_bucket{${here}, batch="newest"}[$__rate_interval])))`,
        legend: 'p99',
      },
    ],
  },
]

const pressure: readonly Figure[] = [
  {
    kind: 'lines',
    title: 'Arena',
    description:
      'Memory between fetch and COMMIT that is in use, by account; when it is full, nothing is fetched.',
    unit: 'bytes',
    width: 8,
    queries: [
      { expr: `sum by (account) (logcollector_arena_used_bytes{${here}})`, legend: '{{account}}' },
      { expr: `sum (logcollector_arena_size_bytes{${here}})`, legend: 'all there is' },
    ],
  },
  {
    kind: 'lines',
    title: 'Writers',
    description: 'Writers by what they do, and how many may be in a transaction at the same time.',
    unit: 'short',
    width: 8,
    queries: [
      { expr: `sum by (mode) (logcollector_writers{${here}})`, legend: '{{mode}}' },
      { expr: `sum (logcollector_writers_allowed{${here}})`, legend: 'allowed' },
    ],
  },
  {
    kind: 'lines',
    title: 'Parse workers',
    description: 'Tasks handed to the workers and not answered yet, and the threads that do them.',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (instance) (logcollector_parse_tasks_running{${here}})`,
        legend: 'tasks, {{instance}}',
      },
      { expr: `sum by (instance) (logcollector_parse_threads{${here}})`, legend: 'threads, {{instance}}' },
    ],
  },
  {
    kind: 'lines',
    title: 'Utilisation',
    description:
      'Share of its time that a worker, or the main thread, is at work; near 1 it is what holds the others up.',
    unit: 'percentunit',
    width: 8,
    queries: [
      {
        expr: `rate(logcollector_parse_worker_busy_seconds_total{${here}}[$__rate_interval])`,
        legend: 'worker {{worker}}, {{instance}}',
      },
      {
        expr: `rate(logcollector_event_loop_busy_seconds_total{${here}}[$__rate_interval])`,
        legend: 'main thread, {{instance}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Records by pipeline',
    description: 'Records parsed a second, by pipeline and its format.',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (pipeline, format) (rate(logcollector_parsed_records_total{${here}}[$__rate_interval]))`,
        legend: '{{pipeline}} ({{format}})',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Left out by steps',
    description: 'Records a second that a step left out on purpose, by pipeline and step.',
    unit: 'short',
    width: 8,
    quiet: 'none',
    queries: [
      {
        expr: `sum by (pipeline, step) (rate(logcollector_dropped_records_total{${here}}[$__rate_interval]))`,
        legend: '{{pipeline}}: {{step}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'CPU',
    description: 'Cores that a process and its threads use.',
    unit: 'short',
    width: 8,
    queries: [{ expr: `rate(process_cpu_seconds_total{${here}}[$__rate_interval])`, legend: '{{instance}}' }],
  },
  {
    kind: 'lines',
    title: 'Memory',
    description: 'Resident memory of a process; memory.budget bounds it.',
    unit: 'bytes',
    width: 8,
    queries: [{ expr: `process_resident_memory_bytes{${here}}`, legend: '{{instance}}' }],
  },
  {
    kind: 'lines',
    title: 'Event loop',
    description: 'Delay of the main thread: the slowest hundredth of its turns since the scrape before.',
    unit: 's',
    width: 8,
    queries: [{ expr: `nodejs_eventloop_lag_p99_seconds{${here}}`, legend: '{{instance}}' }],
  },
]

export const throughput: Board = {
  uid: 'logcollector-throughput',
  title: 'Throughput',
  description: 'How much goes through, where the time goes, and what holds it up.',
  variables: ['instance', 'topic'],
  rows: {
    Amounts: amounts,
    Lag: lag,
    'Where the time goes': [
      latency('Fetch', 'fetch_duration_seconds', 'Time of a fetch, with the wait for new records.'),
      latency('Parse', 'parse_duration_seconds', 'Time of a parse task, queue and worker.'),
      latency('Copy', 'copy_duration_seconds', 'Time of the COPY of a transaction.'),
      latency('Commit', 'commit_duration_seconds', 'Time of the tail and COMMIT of a transaction.'),
    ],
    'What holds it up': pressure,
  },
}

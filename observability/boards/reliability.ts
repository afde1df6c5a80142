/** The board Reliability: does every record arrive, and does everything keep running. Half metrics, half the ledger. */
import type { Board } from './board.ts'
import type { Figure } from './panels.ts'

const here = 'instance=~"$instance"'
const topics =
  'topic_id in (select topic_id from logcollector.topics where topic in (${storedTopic:sqlstring}))'
const NONE = 'none'

const counted = (title: string, name: string, label: string, description: string): Figure => ({
  kind: 'lines',
  title,
  description,
  unit: 'short',
  width: 8,
  quiet: NONE,
  queries: [
    {
      expr: `sum by (instance, ${label}) (increase(logcollector_${name}{${here}}[$__rate_interval]))`,
      legend: `{{${label}}}, {{instance}}`,
    },
  ],
})

const state = (
  title: string,
  expr: string,
  description: string,
  { unit = 'short', ...more }: Partial<Figure> = {},
): Figure => ({
  kind: 'stat',
  title,
  description,
  unit,
  width: 4,
  queries: [{ expr, legend: '{{instance}}' }],
  ...more,
})

const ledger: readonly Figure[] = [
  {
    kind: 'table',
    title: 'Ledger',
    description:
      'What became of the offsets that were committed in the time shown, by topic; every one is in a column.',
    unit: 'short',
    width: 24,
    queries: [
      {
        sql: `select topic, incarnation, sum(next_offset - first_offset)::float8 as offsets, sum(stored)::float8 as stored,
  sum(dead)::float8 as "dead letters", sum(dropped)::float8 as dropped, sum(expired)::float8 as expired,
  sum(skipped)::float8 as skipped, sum(gap)::float8 as gap, max(committed_at) as latest
from logcollector.ingest_ledger join logcollector.topics using (topic_id)
where $__timeFilter(committed_at) and ${topics}
group by 1, 2 order by 1, 2`,
      },
    ],
  },
  {
    kind: 'table',
    title: 'Dead letters by reason',
    description: 'Dead letters written in the time shown and still there.',
    unit: 'short',
    width: 12,
    quiet: NONE,
    queries: [
      {
        sql: `select code, sqlstate, reason, count(*)::float8 as letters, max(at) as latest
from logcollector.dead_letters
where $__timeFilter(at) and ${topics}
group by 1, 2, 3 order by letters desc limit 100`,
      },
    ],
  },
  {
    kind: 'table',
    title: 'Gaps',
    description: 'Offsets that the broker had deleted before they were stored, whenever that was.',
    unit: 'short',
    width: 12,
    quiet: NONE,
    queries: [
      {
        sql: `select at, topic, kafka_partition as partition, first_offset, next_offset,
  (next_offset - first_offset)::float8 as offsets, reason
from logcollector.offset_gaps join logcollector.topics using (topic_id)
where ${topics}
order by at desc limit 100`,
      },
    ],
  },
]

const troubles: readonly Figure[] = [
  {
    kind: 'lines',
    title: 'Dead letters',
    description: 'Dead letters committed a second.',
    unit: 'short',
    width: 8,
    queries: [
      {
        expr: `sum by (instance) (rate(logcollector_dead_letters_total{${here}}[$__rate_interval]))`,
        legend: '{{instance}}',
      },
    ],
  },
  {
    kind: 'lines',
    title: 'Partitions',
    description: 'Assigned partitions by mode; a halted one waits for somebody.',
    unit: 'short',
    width: 8,
    queries: [{ expr: `sum by (mode) (logcollector_partitions{${here}})`, legend: '{{mode}}' }],
  },
  counted('Partitions halted', 'partition_halts_total', 'code', 'By error code: docs/errors.md.'),
  counted(
    'Transactions failed',
    'transaction_failures_total',
    'code',
    'By error code; each was tried again.',
  ),
  counted('Fetches failed', 'fetch_failures_total', 'code', 'By error code; each was tried again.'),
  counted('Rows refused', 'refused_rows_total', 'sqlstate', 'Rows that Postgres refused, by SQLSTATE.'),
  {
    kind: 'lines',
    title: 'Kafka',
    description: 'Brokers that are alive, and partitions that miss a replica or a leader, at the last look.',
    unit: 'short',
    width: 8,
    queries: [
      { expr: `max (logcollector_kafka_brokers{${here}})`, legend: 'brokers' },
      {
        expr: `max by (topic) (logcollector_kafka_under_replicated_partitions{${here}})`,
        legend: 'under-replicated, {{topic}}',
      },
      {
        expr: `max by (topic) (logcollector_kafka_leaderless_partitions{${here}})`,
        legend: 'without a leader, {{topic}}',
      },
    ],
  },
  counted(
    'Steps failed',
    'step_failures_total',
    'step',
    'Records on which a step of a pipeline failed, by its number and kind; they are dead letters.',
  ),
  counted(
    'Anomalies found',
    'anomalies_found_total',
    'kind',
    'What is not as usual in the counts of each minute; the board Logs says where.',
  ),
  counted('Restarts', 'restarts_total', 'child', 'Parts restarted by the supervisor.'),
  counted('Workers failed', 'parse_worker_failures_total', 'code', 'Parse tasks whose worker died or hung.'),
  counted(
    'Tasks of the storekeeper failed',
    'store_task_failures_total',
    'task',
    'Sealing, retention, verify.',
  ),
]

export const reliability: Board = {
  uid: 'logcollector-reliability',
  title: 'Reliability',
  description: 'Does every record arrive, and does everything keep running.',
  variables: ['instance', 'storedTopic'],
  rows: {
    Now: [
      state('Ready', `logcollector_ready{${here}}`, '1 when /readyz says 200, else 0.'),
      state(
        'Verify',
        `logcollector_verify_ok{${here}}`,
        '1 when the last periodic look at ledger and positions found nothing.',
        { quiet: 'not yet' },
      ),
      state(
        'Findings',
        `logcollector_verify_findings_total{${here}}`,
        'What the periodic looks found since the start.',
      ),
      state('Redis', `logcollector_redis_up{${here}}`, '1 when the mirror was written last time.'),
      state('Disk full', `logcollector_disk_full{${here}}`, '1 while the disk of Postgres is full.'),
      state(
        'Running for',
        `time() - process_start_time_seconds{${here}}`,
        'Time since the start of the process.',
        { unit: 's' },
      ),
    ],
    Ledger: ledger,
    Troubles: troubles,
  },
}

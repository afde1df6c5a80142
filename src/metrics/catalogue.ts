/**
 * Every metric of LogCollector, by name without the prefix: index.ts makes them from this table, and a test holds
 * docs/metrics.md to it. Labels are bounded: topics, partitions, writers, codes and modes, never values of records.
 */
import { apiMetrics } from './catalogue-api.ts'
import { age, build, type Metric, work } from './kind.ts'

export const METRIC_PREFIX = 'logcollector_'

export const catalogue = {
  fetch_duration_seconds: {
    type: 'histogram',
    buckets: work,
    help: 'Time of a fetch, from the request to the last byte; includes the wait for new records.',
  },
  fetched_bytes_total: { type: 'counter', help: 'Bytes of fetch responses.' },
  doubted_batches_total: {
    type: 'counter',
    help: 'Kafka batches that did not begin where the one before them ended, and were fetched again to make sure.',
  },
  fetch_failures_total: { type: 'counter', labels: ['code'], help: 'Fetches that failed, by error code.' },
  group_joins_total: { type: 'counter', help: 'Times the consumer group was joined or rebalanced.' },
  group_crashes_total: {
    type: 'counter',
    labels: ['restart'],
    help: 'Times the consumer group was lost, by whether it restarts by itself.',
  },
  kafka_brokers: {
    type: 'gauge',
    startsUnset: true,
    help: 'Brokers that were alive at the last look, each kafka.topics_refresh.',
  },
  kafka_topic_partitions: { type: 'gauge', labels: ['topic'], help: 'Partitions of a topic that is read.' },
  kafka_under_replicated_partitions: {
    type: 'gauge',
    labels: ['topic'],
    help: 'Of these, those with fewer replicas in sync than they should have.',
  },
  kafka_leaderless_partitions: {
    type: 'gauge',
    labels: ['topic'],
    help: 'Of these, those that no broker leads: nothing of them can be read.',
  },
  partition_claims_total: { type: 'counter', help: 'Partitions claimed.' },
  partition_halts_total: {
    type: 'counter',
    labels: ['code'],
    help: 'Partitions halted, by error code.',
  },
  offset_gaps_total: {
    type: 'counter',
    help: 'Gaps passed because kafka.on_gap allows it: records that the broker deleted before they were stored.',
  },
  offset_gap_records_total: { type: 'counter', help: 'Offsets in these gaps.' },
  partitions: { type: 'gauge', labels: ['mode'], help: 'Assigned partitions by mode.' },
  partition_lag_records: {
    type: 'gauge',
    labels: ['topic', 'partition'],
    help: 'Offsets between the committed position and the end, which is the last stable offset under read_committed.',
  },
  partition_position: {
    type: 'gauge',
    labels: ['topic', 'partition', 'position'],
    help: 'Next offset: fetched, parsed, committed, the high watermark, and the last stable offset (open transactions).',
  },
  arena_used_bytes: { type: 'gauge', labels: ['account'], help: 'Memory of the arena in use, by account.' },
  arena_size_bytes: { type: 'gauge', labels: ['account'], help: 'Size of the arena, by account.' },
  parse_duration_seconds: {
    type: 'histogram',
    buckets: work,
    help: 'Time of a parse task, from the hand-over to the answer (queue and worker).',
  },
  parse_worker_seconds: { type: 'histogram', buckets: work, help: 'Time of a parse task in the worker.' },
  dropped_records_total: {
    type: 'counter',
    labels: ['pipeline', 'step'],
    help: 'Records that a step left out on purpose, by pipeline and step.',
  },
  step_seconds_total: {
    type: 'counter',
    labels: ['pipeline', 'step'],
    help: 'Time of workers in a step, by pipeline and step; estimated from one record in some.',
  },
  step_failures_total: {
    type: 'counter',
    labels: ['pipeline', 'step'],
    help: 'Records on which a step failed, by pipeline and step: they are dead letters.',
  },
  parse_threads: { type: 'gauge', help: 'Threads that parse.' },
  parse_worker_busy_seconds_total: {
    type: 'counter',
    labels: ['worker'],
    help: 'Time that a worker had a task: its rate is the utilisation.',
  },
  parse_tasks_running: { type: 'gauge', help: 'Parse tasks handed over and not answered.' },
  parse_thread_restarts: { type: 'gauge', help: 'Threads replaced since the start.' },
  parse_worker_failures_total: {
    type: 'counter',
    labels: ['code'],
    help: 'Parse tasks whose worker died, hung or answered nonsense.',
  },
  parsed_records_total: {
    type: 'counter',
    labels: ['pipeline', 'format'],
    help: 'Records parsed, by pipeline and its format; one that is parsed again counts again.',
  },
  parsed_input_bytes_total: { type: 'counter', help: 'Bytes of Kafka batches parsed.' },
  parsed_output_bytes_total: { type: 'counter', help: 'Bytes that parsing made.' },
  malformed_records_total: {
    type: 'counter',
    labels: ['pipeline', 'format'],
    help: 'Parsed records that are not of the configured format.',
  },
  sanitized_records_total: {
    type: 'counter',
    labels: ['pipeline', 'format'],
    help: 'Parsed records in which something was replaced or cut for Postgres, or did not fit its column.',
  },
  parse_dead_letters_total: {
    type: 'counter',
    labels: ['pipeline', 'format'],
    help: 'Parsed records that became dead letters.',
  },
  copy_duration_seconds: { type: 'histogram', buckets: work, help: 'Time of the COPY of a transaction.' },
  commit_duration_seconds: {
    type: 'histogram',
    buckets: work,
    help: 'Time of the tail and COMMIT of a transaction.',
  },
  end_to_end_seconds: {
    type: 'histogram',
    labels: ['batch'],
    buckets: age,
    help: "Age at COMMIT, since the record's Kafka timestamp, of the oldest and the newest batch of a transaction.",
  },
  transactions_total: { type: 'counter', help: 'Transactions committed.' },
  transaction_failures_total: {
    type: 'counter',
    labels: ['stage', 'code'],
    help: 'Transactions that failed, by stage and error code.',
  },
  committed_batches_total: { type: 'counter', help: 'Batches committed.' },
  stored_rows_total: { type: 'counter', help: 'Rows committed to logs.' },
  stored_bytes_total: { type: 'counter', help: 'Bytes of COPY data committed.' },
  dead_letters_total: { type: 'counter', help: 'Dead letters committed.' },
  refused_rows_total: {
    type: 'counter',
    labels: ['sqlstate'],
    help: 'Rows that Postgres refused, by SQLSTATE.',
  },
  disk_full: {
    type: 'gauge',
    help: '1 when a transaction failed because the disk of Postgres is full and none succeeded since, else 0.',
  },
  fenced_writers_total: {
    type: 'counter',
    help: 'Transactions refused because another owner has the partition.',
  },
  writers: { type: 'gauge', labels: ['mode'], help: 'Writers by mode.' },
  writers_allowed: {
    type: 'gauge',
    help: 'Writers that may be in a transaction at the same time; fewer than all while the database is slow.',
  },
  writer_in_flight_bytes: {
    type: 'gauge',
    labels: ['writer'],
    help: 'Parsed bytes that a writer holds and has not committed.',
  },
  segments_created_total: { type: 'counter', help: 'Segments made.' },
  segments: { type: 'gauge', labels: ['state'], help: 'Segments by state.' },
  segment_bytes: {
    type: 'gauge',
    labels: ['state', 'part'],
    help: 'Size of the segments by state: rows (with what belongs to them) and indexes.',
  },
  table_bytes: {
    type: 'gauge',
    labels: ['table'],
    help: 'Size of the other tables that grow, with their indexes.',
  },
  oldest_snapshot_age_seconds: {
    type: 'gauge',
    startsUnset: true,
    help: 'Age of the oldest transaction that keeps old versions of rows alive; of the own role only, without pg_read_all_stats.',
  },
  segments_sealed_total: { type: 'counter', help: 'Segments sealed.' },
  index_build_seconds: {
    type: 'histogram',
    labels: ['index'],
    buckets: build,
    help: 'Time to build a search index of a segment.',
  },
  index_built_bytes_total: { type: 'counter', labels: ['index'], help: 'Size of the search indexes built.' },
  segments_removed_total: { type: 'counter', labels: ['reason'], help: 'Segments dropped, by age or size.' },
  removed_rows_total: { type: 'counter', labels: ['reason'], help: 'Rows that went with dropped segments.' },
  stuck_backends_ended_total: {
    type: 'counter',
    help: 'Backends ended that waited for the rest of a COPY whose writer is gone (its process was stopped, or its host).',
  },
  removals_postponed_total: {
    type: 'counter',
    labels: ['step'],
    help: "Times that somebody's lock was in the way of removing a segment.",
  },
  store_task_failures_total: {
    type: 'counter',
    labels: ['task'],
    help: 'Tasks of the storekeeper that failed.',
  },
  verify_ok: {
    type: 'gauge',
    startsUnset: true,
    help: '1 when the last periodic look at ledger and positions found nothing, else 0; not shown before the first.',
  },
  verify_findings_total: { type: 'counter', help: 'What the periodic looks found.' },
  anomalies_open: { type: 'gauge', labels: ['kind'], help: 'Anomalies that are not over, by kind.' },
  anomalies_found_total: { type: 'counter', labels: ['kind'], help: 'Anomalies found, by kind.' },
  redis_up: {
    type: 'gauge',
    help: '1 when the last write of the mirror succeeded, else 0; not shown without redis.url.',
  },
  redis_writes_total: { type: 'counter', help: 'Writes of the mirror that succeeded.' },
  redis_failures_total: {
    type: 'counter',
    help: 'Writes of the mirror, and connections for them, that failed.',
  },
  redis_last_write_age_seconds: {
    type: 'gauge',
    help: 'Time since the mirror was last written; not shown before the first time.',
  },
  pressure_lag_seconds: {
    type: 'gauge',
    help: 'How long ago the log ended where the committed position stands now; of the partition furthest behind.',
  },
  pressure_arena_fill: { type: 'gauge', help: 'Share of the arena that is in use.' },
  ...apiMetrics,
  event_loop_busy_seconds_total: {
    type: 'counter',
    help: 'Time that the main thread was at work and did not wait for events: its rate is the utilisation.',
  },
  restarts_total: { type: 'counter', labels: ['child'], help: 'Parts restarted by the supervisor.' },
  ready: { type: 'gauge', help: '1 when /readyz says 200, else 0.' },
} as const satisfies Record<string, Metric>

export type MetricName = keyof typeof catalogue
export const metricNames = Object.keys(catalogue) as readonly MetricName[]
/** The row of a metric, with the optional fields that the const table hides from the type. */
export const metricOf = (name: MetricName): Metric => catalogue[name]

/** For docs/metrics.md: a Markdown table. */
export function metricsTable(): string {
  const rows = metricNames.map(name => {
    const { type, labels = [], help } = metricOf(name)
    return `| \`${METRIC_PREFIX}${name}\` | ${type} | ${labels.map(label => `\`${label}\``).join(', ')} | ${help} |`
  })
  return ['| Metric | Type | Labels | Meaning |', '|---|---|---|---|', ...rows].join('\n')
}

/**
 * Counts the events of events.ts and shows the engine's snapshot, in Prometheus' format. The only home of
 * prom-client; what exists is listed in catalogue.ts.
 */
import { collectDefaultMetrics, Registry } from 'prom-client'
import type { EventName, Events } from '../events.ts'
import { type ApiSnapshot, emptySnapshot, type Snapshot } from '../snapshot.ts'
import { showApi, showEngine, showEventLoop } from './gauges.ts'
import { createInstruments, type Instruments } from './instruments.ts'

export interface Metrics {
  /** The listener for createEvents. */
  readonly listen: <N extends EventName>(name: N, event: Events[N]) => void
  /** From now on gauges are read from these at each scrape; null: the process has no API. */
  attach(snapshot: () => Snapshot, api?: () => ApiSnapshot | null): void
  /** The text of /metrics, with its content type. */
  render(): Promise<string>
  readonly contentType: string
}

/** The delay of the event loop is sampled so often; every 10 ms, the library's default, costs 0.7 % of a core (native-bench/idle.ts). */
const EVENT_LOOP_LOOK_MS = 100

/** Metrics with a registry of their own, so that several instances in a process do not meet. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: EVENT_LOOP_LOOK_MS })
  const instruments = createInstruments(registry)
  let read: () => Snapshot = () => emptySnapshot('starting')
  let readApi: () => ApiSnapshot | null = () => null
  return {
    listen: (name, event) => counting[name]?.(instruments, event),
    attach: (snapshot, api = () => null) => {
      read = snapshot
      readApi = api
    },
    render: () => {
      showEngine(instruments, read())
      showApi(instruments, readApi())
      showEventLoop(instruments)
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}

const seconds = (ms: number): number => ms / 1000

/** What each event adds. Events without a row here move only gauges, which the snapshot shows. */
const counting: { readonly [N in EventName]?: (m: Instruments, event: Events[N]) => void } = {
  'source:group:joined': m => m.group_joins_total.inc(),
  'source:group:crashed': (m, { restart }) => m.group_crashes_total.inc({ restart: String(restart) }),
  'source:topics:seen': (m, { brokers, topics }) => {
    m.kafka_brokers.set(brokers)
    const gauges = [
      m.kafka_topic_partitions,
      m.kafka_under_replicated_partitions,
      m.kafka_leaderless_partitions,
    ]
    for (const gauge of gauges) gauge.reset()
    for (const { topic, partitions, underReplicated, leaderless } of topics) {
      m.kafka_topic_partitions.set({ topic }, partitions)
      m.kafka_under_replicated_partitions.set({ topic }, underReplicated)
      m.kafka_leaderless_partitions.set({ topic }, leaderless)
    }
  },
  'source:partition:claimed': m => m.partition_claims_total.inc(),
  'source:partition:halted': (m, { error }) => m.partition_halts_total.inc({ code: error.code }),
  'source:gap:recorded': (m, { firstOffset, nextOffset }) => {
    m.offset_gaps_total.inc()
    m.offset_gap_records_total.inc(nextOffset - firstOffset)
  },
  'source:fetch:completed': (m, { bytes, durationMs }) => {
    m.fetched_bytes_total.inc(bytes)
    m.fetch_duration_seconds.observe(seconds(durationMs))
  },
  'source:batch:doubted': m => m.doubted_batches_total.inc(),
  'source:fetch:failed': (m, { error }) => m.fetch_failures_total.inc({ code: error.code }),
  'source:partition:refused': (m, { error }) => m.fetch_failures_total.inc({ code: error.code }),
  'parse:batch:completed': (m, batch) => {
    const { pipeline, format } = batch
    m.parsed_records_total.inc({ pipeline, format }, batch.records)
    m.parsed_input_bytes_total.inc(batch.inputBytes)
    m.parsed_output_bytes_total.inc(batch.outputBytes)
    m.malformed_records_total.inc({ pipeline, format }, batch.malformed)
    m.sanitized_records_total.inc({ pipeline, format }, batch.sanitized)
    m.parse_dead_letters_total.inc({ pipeline, format }, batch.deadLetters)
    m.parse_duration_seconds.observe(seconds(batch.durationMs))
    m.parse_worker_seconds.observe(seconds(batch.workerMs))
  },
  'parse:records:dropped': (m, { pipeline, step, records }) =>
    m.dropped_records_total.inc({ pipeline, step }, records),
  'parse:step:timed': (m, { pipeline, step, durationMs }) =>
    m.step_seconds_total.inc({ pipeline, step }, seconds(durationMs)),
  'parse:step:failed': (m, { pipeline, step, records }) =>
    m.step_failures_total.inc({ pipeline, step }, records),
  'parse:worker:failed': (m, { error }) => m.parse_worker_failures_total.inc({ code: error.code }),
  'sink:transaction:committed': (m, transaction) => {
    m.transactions_total.inc()
    m.disk_full.set(0)
    m.committed_batches_total.inc(transaction.batches)
    m.stored_rows_total.inc(transaction.rows)
    m.stored_bytes_total.inc(transaction.bytes)
    m.dead_letters_total.inc(transaction.deadLetters)
    m.copy_duration_seconds.observe(seconds(transaction.copyMs))
    m.commit_duration_seconds.observe(seconds(transaction.commitMs))
    m.end_to_end_seconds.observe({ batch: 'oldest' }, seconds(transaction.oldestAgeMs))
    m.end_to_end_seconds.observe({ batch: 'newest' }, seconds(transaction.newestAgeMs))
  },
  'sink:transaction:failed': (m, { stage, error }) => {
    m.transaction_failures_total.inc({ stage, code: error.code })
    if (error.code === 'POSTGRES_FULL') m.disk_full.set(1)
  },
  'sink:row:refused': (m, { sqlstate }) => m.refused_rows_total.inc({ sqlstate: boundedState(sqlstate) }),
  'sink:writer:fenced': m => m.fenced_writers_total.inc(),
  'store:segment:created': m => m.segments_created_total.inc(),
  'store:removal:postponed': (m, { step }) => m.removals_postponed_total.inc({ step }),
  'store:backend:ended': m => m.stuck_backends_ended_total.inc(),
  'store:segment:removed': (m, { reason, rows }) => {
    m.segments_removed_total.inc({ reason })
    m.removed_rows_total.inc({ reason }, rows)
  },
  'store:index:built': (m, { index, bytes, durationMs }) => {
    m.index_build_seconds.observe({ index }, seconds(durationMs))
    m.index_built_bytes_total.inc({ index }, bytes)
  },
  'store:segment:sealed': m => m.segments_sealed_total.inc(),
  'store:storage:measured': (m, { states, tables, oldestSnapshotMs }) => {
    for (const { table, bytes } of tables) m.table_bytes.set({ table }, bytes)
    m.oldest_snapshot_age_seconds.set(seconds(oldestSnapshotMs))
    for (const { state, segments, tableBytes, indexBytes } of states) {
      m.segments.set({ state }, segments)
      m.segment_bytes.set({ state, part: 'rows' }, tableBytes)
      m.segment_bytes.set({ state, part: 'indexes' }, indexBytes)
    }
  },
  'store:task:failed': (m, { task }) => m.store_task_failures_total.inc({ task }),
  'store:verify:completed': (m, { ok, findings }) => {
    m.verify_ok.set(ok ? 1 : 0)
    m.verify_findings_total.inc(findings.length)
  },
  'anomalies:anomaly:opened': (m, { kind }) => m.anomalies_found_total.inc({ kind }),
  'anomalies:open:counted': (m, { kinds }) => {
    for (const { kind, open } of kinds) {
      m.anomalies_open.set({ kind }, open)
      // There from the beginning: the first one counts as an increase, too.
      m.anomalies_found_total.inc({ kind }, 0)
    }
  },
  'redis:mirror:written': m => m.redis_writes_total.inc(),
  'redis:mirror:failed': m => m.redis_failures_total.inc(),
  'intake:request:completed': (m, request) => {
    const { accepted, refused, unacknowledged } = request
    const outcome = unacknowledged > 0 ? 'unacknowledged' : refused > 0 ? 'partial' : 'complete'
    m.intake_requests_total.inc({ outcome })
    for (const [each, count] of Object.entries({ accepted, refused, unacknowledged }))
      if (count > 0) m.intake_records_total.inc({ outcome: each }, count)
    m.intake_request_seconds.observe(seconds(request.durationMs))
    m.intake_in_flight_bytes.set(request.inFlightBytes)
  },
  'intake:request:refused': (m, { error, inFlightBytes }) => {
    m.intake_requests_total.inc({ outcome: error.code })
    m.intake_in_flight_bytes.set(inFlightBytes)
  },
  'query:cache:answered': (m, { name: question, outcome }) =>
    m.cache_answers_total.inc({ question, outcome }),
  'query:cache:filled': (m, { name: question, durationMs }) =>
    m.cache_fill_seconds.observe({ question }, seconds(durationMs)),
  'redis:cache:failed': m => m.cache_failures_total.inc(),
  'redis:announcer:failed': m => m.announcer_failures_total.inc(),
  'query:tail:failed': m => m.tail_failures_total.inc(),
  'query:tail:sent': (m, { records }) => m.tail_sent_records_total.inc(records),
  'query:tail:missed': (m, { records }) => m.tail_missed_records_total.inc(records),
  'http:request:answered': (m, { durationMs, ...labels }) =>
    m.http_request_seconds.observe(labels, seconds(durationMs)),
  // There from the beginning: the first restart is an increase, too.
  'supervisor:child:added': (m, { child }) => m.restarts_total.inc({ child }, 0),
  'supervisor:child:restarted': (m, { child }) => m.restarts_total.inc({ child }),
}

/** A trigger may raise any SQLSTATE; only the classes that mark data are kept apart. */
const boundedState = (sqlstate: string): string =>
  /^(22|23|54)[0-9A-Z]{3}$/.test(sqlstate) ? sqlstate : 'other'

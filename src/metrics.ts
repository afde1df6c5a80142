/**
 * Counts the events of events.ts and shows the engine's snapshot, in Prometheus' format. The only home of
 * prom-client; what exists is listed in metrics-catalogue.ts.
 */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { EventName, Events } from './events.ts'
import { type catalogue, METRIC_PREFIX, type MetricName, metricNames, metricOf } from './metrics-catalogue.ts'
import { emptySnapshot, lagOf, partitionModes, type Snapshot } from './snapshot.ts'

type Instruments = {
  readonly [N in MetricName]: (typeof catalogue)[N]['type'] extends 'counter'
    ? Counter
    : (typeof catalogue)[N]['type'] extends 'gauge'
      ? Gauge
      : Histogram
}

export interface Metrics {
  /** The listener for createEvents. */
  readonly listen: <N extends EventName>(name: N, event: Events[N]) => void
  /** From now on gauges are read from this at each scrape. */
  attach(snapshot: () => Snapshot): void
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
  return {
    listen: (name, event) => counting[name]?.(instruments, event),
    attach: snapshot => {
      read = snapshot
    },
    render: () => {
      show(instruments, read())
      return registry.metrics()
    },
    contentType: registry.contentType,
  }
}

function createInstruments(registry: Registry): Instruments {
  const instruments: Partial<Record<MetricName, Counter | Gauge | Histogram>> = {}
  for (const name of metricNames) {
    const { type, help, labels = [], buckets = [] } = metricOf(name)
    const common = { name: METRIC_PREFIX + name, help, labelNames: [...labels], registers: [registry] }
    instruments[name] =
      type === 'counter'
        ? new Counter(common)
        : type === 'gauge'
          ? new Gauge(common)
          : new Histogram({ ...common, buckets: [...buckets] })
  }
  return instruments as Instruments
}

const seconds = (ms: number): number => ms / 1000

/** What each event adds. Events without a row here move only gauges, which the snapshot shows. */
const counting: { readonly [N in EventName]?: (m: Instruments, event: Events[N]) => void } = {
  'source:group:joined': m => m.group_joins_total.inc(),
  'source:group:crashed': (m, { restart }) => m.group_crashes_total.inc({ restart: String(restart) }),
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
  'parse:batch:completed': (m, batch) => {
    m.parsed_records_total.inc(batch.records)
    m.parsed_input_bytes_total.inc(batch.inputBytes)
    m.parsed_output_bytes_total.inc(batch.outputBytes)
    m.malformed_records_total.inc(batch.malformed)
    m.sanitized_records_total.inc(batch.sanitized)
    m.parse_dead_letters_total.inc(batch.deadLetters)
    m.parse_duration_seconds.observe(seconds(batch.durationMs))
    m.parse_worker_seconds.observe(seconds(batch.workerMs))
  },
  'parse:records:dropped': (m, { pipeline, step, records }) =>
    m.dropped_records_total.inc({ pipeline, step }, records),
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
  'store:storage:measured': (m, { states }) => {
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
  'query:cache:answered': (m, { outcome }) => m.cache_answers_total.inc({ outcome }),
  'redis:cache:failed': m => m.cache_failures_total.inc(),
  'redis:announcer:failed': m => m.announcer_failures_total.inc(),
  'query:tail:failed': m => m.tail_failures_total.inc(),
  'query:tail:missed': (m, { records }) => m.tail_missed_records_total.inc(records),
  'supervisor:child:restarted': (m, { child }) => m.restarts_total.inc({ child }),
}

/** A trigger may raise any SQLSTATE; only the classes that mark data are kept apart. */
const boundedState = (sqlstate: string): string =>
  /^(22|23|54)[0-9A-Z]{3}$/.test(sqlstate) ? sqlstate : 'other'

/** Sets every gauge anew, so that what is gone (a partition, a mode) is not shown any more. */
function show(m: Instruments, snapshot: Snapshot): void {
  const labelled = [m.partition_lag_records, m.partition_position, m.arena_used_bytes, m.arena_size_bytes]
  for (const gauge of [...labelled, m.partitions, m.writers, m.writer_in_flight_bytes]) gauge.reset()
  for (const mode of partitionModes) m.partitions.set({ mode }, 0)
  for (const one of snapshot.partitions) {
    const { topic, mode, fetched, parsed, committed, highWatermark, lastStable } = one
    const partition = String(one.partition)
    m.partitions.inc({ mode })
    const lag = lagOf(one)
    if (lag !== null) m.partition_lag_records.set({ topic, partition }, lag)
    const positions = { fetched, parsed, committed, high_watermark: highWatermark, last_stable: lastStable }
    for (const [position, offset] of Object.entries(positions))
      if (offset >= 0) m.partition_position.set({ topic, partition, position }, offset)
  }
  for (const { account, usedBytes, sizeBytes } of snapshot.arena) {
    m.arena_used_bytes.set({ account }, usedBytes)
    m.arena_size_bytes.set({ account }, sizeBytes)
  }
  for (const { id, mode, inFlightBytes } of snapshot.writers) {
    m.writers.inc({ mode })
    m.writer_in_flight_bytes.set({ writer: String(id) }, inFlightBytes)
  }
  m.writers_allowed.set(snapshot.writersAllowed)
  m.parse_threads.set(snapshot.parse.threads)
  m.parse_tasks_running.set(snapshot.parse.running)
  m.parse_thread_restarts.set(snapshot.parse.restarts)
  m.ready.set(snapshot.ready.ok ? 1 : 0)
  showMirror(m, snapshot.mirror)
  showPressure(m, snapshot.pressure)
}

function showPressure(
  { pressure_arena_fill, pressure_lag_seconds }: Instruments,
  pressure: Snapshot['pressure'],
): void {
  pressure_lag_seconds.remove()
  pressure_arena_fill.remove()
  if (pressure === null) return
  pressure_lag_seconds.set(pressure.lagSeconds)
  pressure_arena_fill.set(pressure.arenaFill)
}

/** A gauge that was reset without labels shows 0; what does not exist is removed instead. */
function showMirror(
  { redis_up, redis_last_write_age_seconds }: Instruments,
  mirror: Snapshot['mirror'],
): void {
  redis_up.remove()
  redis_last_write_age_seconds.remove()
  if (mirror === null) return
  redis_up.set(mirror.isUp ? 1 : 0)
  if (mirror.lastWriteAgeMs !== null) redis_last_write_age_seconds.set(seconds(mirror.lastWriteAgeMs))
}

/** Counters from events and gauges from the snapshot (src/metrics/index.ts). */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { createEvents } from '../../src/events.ts'
import { METRIC_PREFIX, metricNames, metricOf } from '../../src/metrics/catalogue.ts'
import { createMetrics, type Metrics } from '../../src/metrics/index.ts'
import { type ApiSnapshot, emptySnapshot, type Snapshot } from '../../src/snapshot.ts'
import { partitionFacts } from '../support/partition-facts.ts'
import { suite } from '../support/suite.ts'

const test = suite('metrics')

/** Value of a series as it stands in the text; null when it is not there. */
async function read(metrics: Metrics, series: string): Promise<number | null> {
  const line = (await metrics.render()).split('\n').find(text => text.startsWith(`logcollector_${series} `))
  return line === undefined ? null : Number(line.split(' ').at(-1))
}

const snapshotWith = (changes: Partial<Snapshot>): Snapshot => ({ ...emptySnapshot('x'), ...changes })

test('a committed transaction counts its rows and times', async () => {
  const metrics = createMetrics()
  const emit = createEvents(metrics.listen)
  const event = {
    writer: 1,
    batches: 2,
    rows: 300,
    bytes: 5000,
    deadLetters: 4,
    copyMs: 30,
    commitMs: 2,
    oldestAgeMs: 900,
    newestAgeMs: 40,
  }
  emit('sink:transaction:committed', event)
  emit('sink:transaction:committed', event)
  assert.is(await read(metrics, 'stored_rows_total'), 600)
  assert.is(await read(metrics, 'dead_letters_total'), 8)
  assert.is(await read(metrics, 'transactions_total'), 2)
  assert.is(await read(metrics, 'copy_duration_seconds_sum'), 0.06)
  assert.is(await read(metrics, 'copy_duration_seconds_bucket{le="0.025"}'), 0)
  assert.is(await read(metrics, 'copy_duration_seconds_bucket{le="0.05"}'), 2)
  assert.is(await read(metrics, 'end_to_end_seconds_sum{batch="oldest"}'), 1.8)
})

test('failures are kept apart by stage and code', async () => {
  const metrics = createMetrics()
  const error = new PipelineError('POSTGRES_UNAVAILABLE')
  metrics.listen('sink:transaction:failed', { writer: 0, error, sqlstate: '', stage: 'connect' })
  assert.is(await read(metrics, 'transaction_failures_total{stage="connect",code="POSTGRES_UNAVAILABLE"}'), 1)
})

test('a SQLSTATE that a trigger made up does not become a label', async () => {
  const metrics = createMetrics()
  for (const sqlstate of ['22P02', 'ABC12', 'ZZZ99'])
    metrics.listen('sink:row:refused', { topic: 't', partition: 0, offset: 1, sqlstate, reason: '' })
  assert.is(await read(metrics, 'refused_rows_total{sqlstate="22P02"}'), 1)
  assert.is(await read(metrics, 'refused_rows_total{sqlstate="other"}'), 2)
})

test('gauges show the snapshot of the moment', async () => {
  const metrics = createMetrics()
  let snapshot = snapshotWith({
    arena: [{ account: 'input', usedBytes: 5, sizeBytes: 9 }],
    partitions: [partitionFacts(0), partitionFacts(1, { mode: 'halted', highWatermark: -1 })],
    writers: [{ id: 0, mode: 'copying', inFlightBytes: 77, trouble: null }],
    parse: { threads: 2, running: 1, restarts: 3, busyMs: [1500, 250] },
    ready: { ok: true, reasons: [] },
  })
  metrics.attach(() => snapshot)
  assert.is(await read(metrics, 'partition_lag_records{topic="t",partition="0"}'), 40)
  assert.is(await read(metrics, 'partition_lag_records{topic="t",partition="1"}'), null, 'not known yet')
  assert.is(await read(metrics, 'partition_position{topic="t",partition="0",position="parsed"}'), 20)
  assert.is(await read(metrics, 'partitions{mode="halted"}'), 1)
  assert.is(await read(metrics, 'arena_used_bytes{account="input"}'), 5)
  assert.is(await read(metrics, 'writer_in_flight_bytes{writer="0"}'), 77)
  assert.is(await read(metrics, 'parse_thread_restarts'), 3)
  assert.is(await read(metrics, 'parse_worker_busy_seconds_total{worker="1"}'), 0.25)
  assert.is(await read(metrics, 'ready'), 1)
  snapshot = emptySnapshot('gone')
  assert.is(await read(metrics, 'partition_lag_records{topic="t",partition="0"}'), null, 'was released')
  assert.is(await read(metrics, 'partitions{mode="halted"}'), 0)
  assert.is(await read(metrics, 'ready'), 0)
})

test('the mirror has gauges only where there is one', async () => {
  const metrics = createMetrics()
  const mirror = { mode: 'connected', isUp: true, instance: 'i', lastWriteAgeMs: null, trouble: null }
  let snapshot = snapshotWith({})
  metrics.attach(() => snapshot)
  assert.is(await read(metrics, 'redis_up'), null)
  snapshot = snapshotWith({ mirror })
  assert.is(await read(metrics, 'redis_up'), 1)
  assert.is(await read(metrics, 'redis_last_write_age_seconds'), null, 'never written yet')
  snapshot = snapshotWith({ mirror: { ...mirror, isUp: false, lastWriteAgeMs: 1500 } })
  assert.is(await read(metrics, 'redis_up'), 0)
  assert.is(await read(metrics, 'redis_last_write_age_seconds'), 1.5)
})

test('the API has gauges only where there is one', async () => {
  const metrics = createMetrics()
  let api: ApiSnapshot | null = null
  metrics.attach(
    () => snapshotWith({}),
    () => api,
  )
  for (const name of ['api_reads{state="waiting"}', 'cache_up', 'cache_filling', 'tail_followers'])
    assert.is(await read(metrics, name), null, name)
  api = {
    reads: { running: 2, waiting: 1 },
    cache: { filling: 3, waiting: 4, isUp: false },
    tail: { followers: 5, groups: 2 },
  }
  assert.is(await read(metrics, 'api_reads{state="waiting"}'), 1)
  assert.is(await read(metrics, 'cache_filling'), 3)
  assert.is(await read(metrics, 'cache_up'), 0)
  assert.is(await read(metrics, 'tail_groups'), 2)
  api = { ...api, cache: { filling: 0, waiting: 0, isUp: null } }
  assert.is(await read(metrics, 'cache_up'), null, 'no Redis is configured')
})

test('what 0 would be a verdict of is not there before it was looked at', async () => {
  const metrics = createMetrics()
  for (const name of ['verify_ok', 'kafka_brokers', 'oldest_snapshot_age_seconds'])
    assert.is(await read(metrics, name), null, name)
  metrics.listen('store:verify:completed', { ok: false, findings: ['one'], durationMs: 1 })
  assert.is(await read(metrics, 'verify_ok'), 0)
  metrics.listen('store:verify:completed', { ok: true, findings: [], durationMs: 1 })
  assert.is(await read(metrics, 'verify_ok'), 1)
})

test('what grows from nothing is there as 0 before, so that its first step is an increase', async () => {
  const metrics = createMetrics()
  metrics.listen('supervisor:child:added', { child: 'writer 0' })
  metrics.listen('anomalies:open:counted', { kinds: [{ kind: 'silent', open: 2 }] })
  assert.is(await read(metrics, 'restarts_total{child="writer 0"}'), 0)
  assert.is(await read(metrics, 'anomalies_found_total{kind="silent"}'), 0)
  assert.is(await read(metrics, 'anomalies_open{kind="silent"}'), 2)
  const error = new Error('x')
  metrics.listen('supervisor:child:restarted', { child: 'writer 0', error, restarts: 1 })
  metrics.listen('supervisor:child:added', { child: 'writer 0' })
  assert.is(await read(metrics, 'restarts_total{child="writer 0"}'), 1)
})

test('parsing is counted by pipeline and format, steps by their number and kind', async () => {
  const metrics = createMetrics()
  const bytes = { inputBytes: 10, outputBytes: 20, durationMs: 2, workerMs: 1 }
  const counts = { records: 7, malformed: 1, sanitized: 2, deadLetters: 3, dropped: 0 }
  const name = { topic: 't', partition: 0, pipeline: 'web', format: 'logfmt' }
  metrics.listen('parse:batch:completed', { ...name, ...bytes, ...counts })
  metrics.listen('parse:step:timed', { pipeline: 'web', step: '2 grok', durationMs: 1500 })
  assert.is(await read(metrics, 'step_seconds_total{pipeline="web",step="2 grok"}'), 1.5)
  metrics.listen('parse:step:failed', { pipeline: 'web', step: '2 grok', records: 3 })
  assert.is(await read(metrics, 'parsed_records_total{pipeline="web",format="logfmt"}'), 7)
  assert.is(await read(metrics, 'parse_dead_letters_total{pipeline="web",format="logfmt"}'), 3)
  assert.is(await read(metrics, 'step_failures_total{pipeline="web",step="2 grok"}'), 3)
})

test('topics that are not read any more are not shown any more', async () => {
  const metrics = createMetrics()
  const facts = { partitions: 4, underReplicated: 1, leaderless: 0 }
  metrics.listen('source:topics:seen', { brokers: 3, topics: [{ topic: 'a', ...facts }] })
  assert.is(await read(metrics, 'kafka_brokers'), 3)
  assert.is(await read(metrics, 'kafka_under_replicated_partitions{topic="a"}'), 1)
  metrics.listen('source:topics:seen', { brokers: 2, topics: [{ topic: 'b', ...facts }] })
  assert.is(await read(metrics, 'kafka_topic_partitions{topic="a"}'), null)
  assert.is(await read(metrics, 'kafka_topic_partitions{topic="b"}'), 4)
})

test('requests, fills and the work of threads', async () => {
  const metrics = createMetrics()
  metrics.listen('http:request:answered', { method: 'GET', route: '/a/:b', status: '2xx', durationMs: 20 })
  metrics.listen('query:cache:filled', { name: 'stats', durationMs: 3000 })
  assert.is(await read(metrics, 'http_request_seconds_count{method="GET",route="/a/:b",status="2xx"}'), 1)
  assert.is(await read(metrics, 'cache_fill_seconds_sum{question="stats"}'), 3)
  const busy = await read(metrics, 'event_loop_busy_seconds_total')
  assert.ok(busy !== null && busy > 0)
})

test('two instances do not share figures', async () => {
  const [one, other] = [createMetrics(), createMetrics()]
  one.listen('store:segment:created', { segment: 's' })
  assert.is(await read(one, 'segments_created_total'), 1)
  assert.is(await read(other, 'segments_created_total'), 0)
})

test('names follow the conventions, and everything in the catalogue is there', async () => {
  const text = await createMetrics().render()
  for (const name of metricNames) {
    const { type } = metricOf(name)
    assert.match(text, `# TYPE ${METRIC_PREFIX}${name} ${type}`)
    assert.is(name.endsWith('_total'), type === 'counter', name)
    if (type === 'histogram') assert.ok(name.endsWith('_seconds'), name)
  }
})

test.run()

/** Counters from events and gauges from the snapshot (src/metrics.ts). */
import * as assert from 'uvu/assert'
import { PipelineError } from '../src/errors.ts'
import { createEvents } from '../src/events.ts'
import { createMetrics, type Metrics } from '../src/metrics.ts'
import { METRIC_PREFIX, metricNames, metricOf } from '../src/metrics-catalogue.ts'
import { emptySnapshot, type Snapshot } from '../src/snapshot.ts'
import { partitionFacts } from './support/partition-facts.ts'
import { suite } from './support/suite.ts'

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
    parse: { threads: 2, running: 1, restarts: 3 },
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

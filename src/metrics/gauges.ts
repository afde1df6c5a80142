/** Sets the gauges from what the engine and the API say of the moment. Neighbours: index.ts calls it at each scrape. */

import { type ApiSnapshot, lagOf, partitionModes, type Snapshot } from '../snapshot.ts'
import type { Instruments } from './instruments.ts'

const MS_PER_SECOND = 1000

/** Sets every gauge anew, so that what is gone (a partition, a mode) is not shown any more. */
export function showEngine(m: Instruments, snapshot: Snapshot): void {
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
  m.parse_worker_busy_seconds_total.reset()
  snapshot.parse.busyMs.forEach((ms, worker) => {
    m.parse_worker_busy_seconds_total.inc({ worker: String(worker) }, ms / MS_PER_SECOND)
  })
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
  if (mirror.lastWriteAgeMs !== null) redis_last_write_age_seconds.set(mirror.lastWriteAgeMs / MS_PER_SECOND)
}

/** Only where there is an API. */
export function showApi(m: Instruments, api: ApiSnapshot | null): void {
  m.api_reads.reset()
  for (const gauge of [m.cache_up, m.cache_filling, m.cache_waiting, m.tail_followers, m.tail_groups])
    gauge.remove()
  if (api === null) return
  const { cache, reads, tail } = api
  m.api_reads.set({ state: 'running' }, reads.running)
  m.api_reads.set({ state: 'waiting' }, reads.waiting)
  m.cache_filling.set(cache.filling)
  m.cache_waiting.set(cache.waiting)
  if (cache.isUp !== null) m.cache_up.set(cache.isUp ? 1 : 0)
  m.tail_followers.set(tail.followers)
  m.tail_groups.set(tail.groups)
}

/** Since the start of the process. */
export function showEventLoop({ event_loop_busy_seconds_total }: Instruments): void {
  event_loop_busy_seconds_total.reset()
  event_loop_busy_seconds_total.inc(performance.eventLoopUtilization().active / MS_PER_SECOND)
}

/** What the demo produces: a backlog of the time before, then records of this moment for as long as somebody watches. */
import { createLiveSource } from '../../src/produce/live-source.ts'
import { createGeneratedSource, type RecordSource } from '../../src/produce/sources.ts'

/** So many records over the last `spanMs`, keyed by host. */
export const backlog = (records: number, spanMs: number): RecordSource =>
  createGeneratedSource({ seed: 1, records, startMs: Date.now() - spanMs, spanMs, keys: true })

/** Records of now without end. */
export const live = (recordsPerSecond: number): RecordSource =>
  createLiveSource({ seed: 2, recordsPerSecond, records: Infinity })

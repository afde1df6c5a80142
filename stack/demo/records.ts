/** What the demo produces: a backlog of the time before, then records of this moment for as long as somebody watches. */
import type { GeneratedOptions, RecordSource } from '../../src/produce/sources.ts'
import { createGeneratedSource } from '../../src/produce/sources.ts'

const CHUNK_MS = 5000

/** So many records over the last `spanMs`, keyed by host. */
export const backlog = (records: number, spanMs: number): RecordSource =>
  createGeneratedSource({ seed: 1, records, startMs: Date.now() - spanMs, spanMs, keys: true })

/** Records of now without end; produce() paces them by the same rate. */
export function live(recordsPerSecond: number): RecordSource {
  const records = Math.ceil((recordsPerSecond * CHUNK_MS) / 1000)
  const chunk = (seed: number): GeneratedOptions => ({
    seed,
    records,
    startMs: Date.now(),
    spanMs: CHUNK_MS,
    keys: true,
  })
  let seed = 2
  let isStopped = false
  let source = createGeneratedSource(chunk(seed))
  return {
    async read(append, most) {
      if (!(await source.read(append, most))) source = createGeneratedSource(chunk(++seed))
      return !isStopped
    },
    stop() {
      isStopped = true
      source.stop()
    },
  }
}

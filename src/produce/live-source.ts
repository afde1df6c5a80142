/** Generated records whose time is that of their sending, chunk by chunk; produce.ts paces them by the same rate. */
import type { RecordFormat } from './formats.ts'
import { createGeneratedSource, type GeneratedOptions, type RecordSource } from './sources.ts'

export interface LiveOptions {
  /** Of the first chunk; the next have the numbers after it, so that no record is there twice. */
  readonly seed: number
  readonly recordsPerSecond: number
  /** How many; read() returns false after them. Infinity: until it is stopped. */
  readonly records: number
  /** JSON unless told. */
  readonly format?: RecordFormat
}

const CHUNK_MS = 5000

/** Keyed by host, like a source of the past. */
export function createLiveSource({
  format = 'json',
  seed: first,
  recordsPerSecond,
  records,
}: LiveOptions): RecordSource {
  const perChunk = Math.ceil((recordsPerSecond * CHUNK_MS) / 1000)
  let seed = first
  let left = records
  const chunk = (): RecordSource => {
    const options: GeneratedOptions = {
      seed: seed++,
      records: Math.min(perChunk, left),
      startMs: Date.now(),
      spanMs: CHUNK_MS,
      keys: true,
      format,
    }
    left -= options.records
    return createGeneratedSource(options)
  }
  let isStopped = false
  let source = chunk()
  return {
    async read(append, most) {
      if (await source.read(append, most)) return !isStopped
      if (left > 0) source = chunk()
      else isStopped = true
      return !isStopped
    },
    stop() {
      isStopped = true
      source.stop()
    },
  }
}

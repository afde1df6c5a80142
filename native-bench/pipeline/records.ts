/**
 * The records of the pipeline's benchmark: those of src/produce/generate.ts without the malformed ones, without keys,
 * so that partitions fill evenly. The same seed makes the same lines but for their times.
 */
import { LogGenerator } from '../../src/produce/generate.ts'
import type { RecordSource } from '../../src/produce/sources.ts'

const SEED = 1
const SPAN_MS = 3_600_000
/** One in a hundred is malformed and left out; twice that many to spare. */
const SPARE = 1.03

/** A source of `records` well-formed JSON lines with times in the `spanMs` before now: an hour unless told. */
export function wellFormedRecords(records: number, spanMs = SPAN_MS): RecordSource {
  const generator = new LogGenerator({
    seed: SEED,
    records: Math.ceil(records * SPARE) + 1000,
    startMs: Date.now() - spanMs,
    spanMs,
  })
  let left = records
  return {
    async read(append, most) {
      for (let n = 0; n < most && left > 0; n++) {
        do if (!generator.next()) throw new Error('the generator ended before its time')
        while (generator.isMalformed)
        append(generator.buffer, 0, generator.length, null)
        left--
      }
      return left > 0
    },
    stop() {
      left = 0
    },
  }
}

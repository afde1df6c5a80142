/**
 * What does it cost to decompress a Kafka batch, by codec, beside other decoders of the same bytes that were not taken?
 * JSON log lines of about 312 bytes, 1 MiB of them in a batch; the ratio is what counts, the machine drifts.
 *
 *   node dist/native-bench/codecs.js [--json]
 */
import { decompressFrameSync } from 'lz4-napi'
import { codecs } from '../src/codecs/codec.ts'
import { compress } from '../src/codecs/compress.ts'
import { decompress, loadDecoder } from '../src/codecs/decompress.ts'
import { logLine } from './kernel/input.ts'
import { commandOf, makeReport, type Summary, showReport, summarize } from './report.ts'

const LINES = 3400
const RUNS = 9
const RUN_MS = 150
const MOST_BYTES = 32 * 2 ** 20
const START_MS = Date.UTC(2026, 0, 15, 10)

interface Figure {
  readonly decoder: string
  readonly packedShare: number
  readonly nsPerLine: Summary
}

const plain = Buffer.from(Array.from({ length: LINES }, (_, i) => logLine(i, START_MS)).join('\n'))

/** Nanoseconds a line, for each run; the first counts not, it warms up. */
function measure(decoder: string, packed: Buffer, once: (packed: Buffer) => Buffer): Figure {
  const runs = Array.from({ length: RUNS + 1 }, () => {
    const startedAt = performance.now()
    let rounds = 0
    for (; performance.now() - startedAt < RUN_MS; rounds++) {
      if (once(packed).length !== plain.length) throw new Error(`${decoder} gives other bytes`)
    }
    return ((performance.now() - startedAt) * 1e6) / (rounds * LINES)
  })
  return { decoder, packedShare: packed.length / plain.length, nsPerLine: summarize(runs.slice(1)) }
}

const packers = codecs.filter(codec => codec !== 'none')
for (const codec of packers) await loadDecoder(codec)
const figures = packers.map(codec =>
  measure(codec, compress(codec, plain), packed => decompress(codec, packed, MOST_BYTES)),
)
figures.push(measure('lz4-napi, its own memory', compress('lz4', plain), decompressFrameSync))
showReport(
  makeReport('codecs', commandOf('codecs'), { bytesPerLine: plain.length / LINES, decoders: figures }),
  process.argv.includes('--json'),
  ['decoder', 'size, %', 'ns a line: min', 'median', 'max'],
  figures.map(({ decoder, packedShare, nsPerLine }) => [
    decoder,
    (packedShare * 100).toFixed(0),
    ...[nsPerLine.min, nsPerLine.median, nsPerLine.max].map(value => value.toFixed(0)),
  ]),
)

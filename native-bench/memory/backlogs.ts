/** The backlogs of the benchmark of memory, and what they are called. */
import type { Codec } from '../../src/codecs/codec.ts'
import type { RecordSource } from '../../src/produce/sources.ts'
import type { Backlog, MemoryFigures } from '../memory.ts'
import { wellFormedRecords } from '../pipeline/records.ts'
import { sizedRecords } from '../variations/lines.ts'

export interface Planned {
  /** Of its topic. */
  readonly name: string
  readonly codec: Codec
  readonly records: number
  readonly source: (records: number) => RecordSource
}

const LARGE_BYTES = 10_000
/** For each of the usual records: ten million of them go with 1.5 GB of large ones. */
const LARGE_SHARE = 0.015

/** One a codec, with so many records; beside plain records, larger and fewer ones. */
export function backlogsOf(records: number, codecs: readonly Codec[]): Planned[] {
  const usual = codecs.map(codec => ({ name: codec, codec, records, source: wellFormedRecords }))
  if (!codecs.includes('none')) return usual
  const large: Planned = {
    name: 'large',
    codec: 'none',
    records: Math.ceil(records * LARGE_SHARE),
    source: records => sizedRecords(records, LARGE_BYTES),
  }
  return [...usual, large]
}

/** Codec and, where they are not the usual ones, the size of the records; for people. */
export function backlogName(
  { codec, bytesPerRecord }: Backlog,
  { bytesPerRecord: usual }: MemoryFigures,
): string {
  const name = codec === 'none' ? 'plain' : codec
  const isUsual = bytesPerRecord === undefined || bytesPerRecord < 2 * usual
  return isUsual ? name : `${name}, records of ${Math.round(bytesPerRecord / 1000)} kB`
}

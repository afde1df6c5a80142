/** Records made of one line each, from those of ../kernel/input.ts. list.ts and ../memory.ts use them. */
import type { RecordSource } from '../../src/produce/sources.ts'
import { logLine } from '../kernel/input.ts'

const DISTINCT_LINES = 20_000

/** `records` lines, from those of a generator again and again. */
export function linesSource(records: number, lineOf: (n: number, startMs: number) => string): RecordSource {
  const startMs = Date.now() - 600_000
  const distinct = Math.min(records, DISTINCT_LINES)
  const lines = Array.from({ length: distinct }, (_, n) => Buffer.from(lineOf(n, startMs)))
  let next = 0
  return {
    async read(append, most) {
      for (let left = most; left > 0 && next < records; left--) {
        const line = lines[next++ % distinct]!
        append(line, 0, line.length, null)
      }
      return next < records
    },
    stop() {
      next = records
    },
  }
}

/** A JSON record of so many bytes: the usual one, cut down to the least or filled up in its message. */
function sized(bytes: number): (n: number, startMs: number) => string {
  return (n, startMs) => {
    const { ts, level, service, msg, ...rest } = JSON.parse(logLine(n, startMs)) as Record<string, unknown>
    const record = bytes < 200 ? { ts, level, service, msg: '' } : { ts, level, service, msg, ...rest }
    const filler = 'lorem ipsum dolor sit amet '.repeat(Math.ceil(bytes / 27))
    const missing = Math.max(0, bytes - JSON.stringify(record).length)
    return JSON.stringify({ ...record, msg: `${String(record.msg)}${filler.slice(0, missing)}` })
  }
}

/** JSON records of so many bytes each; exactly, where that is more than the usual ones have. */
export const sizedRecords = (records: number, bytes: number): RecordSource =>
  linesSource(records, sized(bytes))

/**
 * The records of the comparison: JSON objects of one shape and about 300 bytes, so that every peer can take them apart
 * with what it comes with. Each carries its number as "id"; one of them may be poison.
 */
import { Random } from '../../src/produce/random.ts'
import type { RecordSource } from '../../src/produce/sources.ts'

/** What the message of the poison record holds: a NUL, which no text in Postgres can. */
export const poisonId = 'poison'

const SPAN_MS = 3_600_000
const services = ['gateway', 'checkout', 'payments', 'search', 'catalog']
const levels = ['info', 'info', 'info', 'info', 'debug', 'warn', 'error']
const paths = ['/cart', '/products/4711', '/search', '/api/v2/orders', '/login']
const agents = ['Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101', 'okhttp/4.12.0']

/** One line; `id` and `message` go in as they are. */
export function writeRecord(random: Random, timeMs: number, id: string, message: string): string {
  const service = random.pick(services)
  const trace = random.hex8() + random.hex8() + random.hex8() + random.hex8()
  return (
    `{"ts":"${new Date(timeMs).toISOString()}","level":"${random.pick(levels)}","service":"${service}",` +
    `"host":"${service}-${random.between(1, 6)}","trace_id":"${trace}","span_id":"${random.hex8()}${random.hex8()}",` +
    `"msg":"${message}","method":"GET","path":"${random.pick(paths)}","status":${random.pick([200, 200, 200, 404, 500])},` +
    `"bytes":${random.below(60_000)},"duration_ms":${random.below(4000) / 10},"agent":"${random.pick(agents)}","id":"${id}"}`
  )
}

/** A source of `records` records with times in the hour before now; the one at `poisonAt`, if any, is poison and comes on top. */
export function peerRecords(records: number, poisonAt: number | null): RecordSource {
  const random = new Random(1)
  const begin = Date.now() - SPAN_MS
  let next = 0
  const write = (append: Parameters<RecordSource['read']>[0], id: string, message: string): void => {
    const line = Buffer.from(writeRecord(random, begin + Math.floor((next / records) * SPAN_MS), id, message))
    append(line, 0, line.length, null)
  }
  return {
    async read(append, most) {
      for (let n = 0; n < most && next < records; n++) {
        if (next === poisonAt) write(append, poisonId, 'request\\u0000done')
        write(
          append,
          String(next),
          `request done in ${random.below(4000)} ms by upstream ${random.below(16)}`,
        )
        next++
      }
      return next < records
    },
    stop() {
      next = records
    },
  }
}

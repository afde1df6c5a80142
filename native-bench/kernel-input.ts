/**
 * The input of the kernel's benchmark: realistic log lines, as JSON of about 312 bytes or as logfmt, in uncompressed
 * Kafka batches.
 */
import { encodeBatch } from '../test/reference/kafka-batch.ts'

const services = ['checkout', 'catalog', 'payments', 'search', 'sessions', 'shipping']
const levels = ['info', 'info', 'info', 'debug', 'warn', 'error']
const paths = ['/api/v1/orders/', '/api/v1/items/', '/api/v2/cart/', '/health/']

const hex = (value: number, digits: number): string => value.toString(16).padStart(digits, '0')

/** Line number i; the times are those of the batches, a few per millisecond. */
export function logLine(i: number, startMs: number): string {
  const time = new Date(startMs + Math.floor(i / 100)).toISOString().replace('Z', `${(i * 37) % 1000}Z`)
  return JSON.stringify({
    ts: time,
    level: levels[i % levels.length],
    service: services[i % services.length],
    host: `node-${i % 16}`,
    trace_id: hex(i * 2654435761, 16) + hex(i * 40503, 16),
    span_id: hex(i * 2246822519, 16),
    msg: `request completed in ${(i * 7) % 900} ms, ${i % 5} retries`,
    method: i % 3 ? 'GET' : 'POST',
    path: `${paths[i % paths.length]}${i % 99991}`,
    status: i % 50 ? 200 : 500,
    duration_ms: ((i * 13) % 9000) / 10,
    user_id: `u-${(i * 31) % 100000}`,
  })
}

/** The same record as logfmt. */
export const logfmtLine = (i: number, startMs: number): string =>
  Object.entries(JSON.parse(logLine(i, startMs)) as Record<string, string | number>)
    .map(([key, value]) => `${key}=${/\s/.test(String(value)) ? JSON.stringify(value) : value}`)
    .join(' ')

/** Batches of the lines, `perBatch` in each, with rising offsets. */
export function encodeLines(lines: readonly string[], perBatch: number, startMs: number): Buffer {
  const batches: Buffer[] = []
  for (let at = 0; at < lines.length; at += perBatch) {
    const records = lines.slice(at, at + perBatch).map(value => ({ value }))
    batches.push(encodeBatch({ records, baseOffset: at, baseTimestamp: startMs }))
  }
  return Buffer.concat(batches)
}

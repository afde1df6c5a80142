/**
 * The input of the kernel's benchmark: realistic log lines, as JSON of about 312 bytes, as logfmt, of an access log or
 * of syslog, in uncompressed Kafka batches.
 */
import { encodeBatch } from '../../test/reference/kafka-batch.ts'

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

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const agents = [
  'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36',
  'Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0',
  'curl/8.5.0',
]

/** A line of an access log in the combined format. */
export function accessLine(i: number, startMs: number): string {
  const iso = new Date(startMs + Math.floor(i / 100)).toISOString()
  const time = `${iso.slice(8, 10)}/${months[Number(iso.slice(5, 7)) - 1]}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`
  const request = `${i % 3 ? 'GET' : 'POST'} ${paths[i % paths.length]}${i % 99991} HTTP/1.1`
  const client = `203.0.${i % 113}.${i % 251}`
  return `${client} - - [${time}] "${request}" ${i % 50 ? 200 : 500} ${(i * 37) % 90_000} "https://shop.example.com/cart" "${agents[i % 3]}"`
}

/** The message of a syslog line. */
const syslogText = (i: number): string =>
  `Accepted publickey for deploy from 203.0.113.${i % 251} port ${40_000 + (i % 9999)} ssh2: ED25519 SHA256:${hex(i * 2654435761, 16)}`

/** A line of syslog as RFC 3164 has it. */
export function oldSyslogLine(i: number, startMs: number): string {
  const iso = new Date(startMs + Math.floor(i / 100)).toISOString()
  const day = iso.slice(8, 10).replace(/^0/, ' ')
  const time = `${months[Number(iso.slice(5, 7)) - 1]} ${day} ${iso.slice(11, 19)}`
  return `<${32 + (i % 8)}>${time} node-${i % 16} sshd[${1000 + (i % 30_000)}]: ${syslogText(i)}`
}

/** The same as RFC 5424 has it, with structured data. */
export function newSyslogLine(i: number, startMs: number): string {
  const time = new Date(startMs + Math.floor(i / 100)).toISOString()
  const data = `[origin@32473 ip="203.0.113.${i % 251}" software="sshd"]`
  return `<${32 + (i % 8)}>1 ${time} node-${i % 16} sshd ${1000 + (i % 30_000)} LOGIN ${data} ${syslogText(i)}`
}

/** Batches of the lines, `perBatch` in each, with rising offsets. */
export function encodeLines(lines: readonly string[], perBatch: number, startMs: number): Buffer {
  const batches: Buffer[] = []
  for (let at = 0; at < lines.length; at += perBatch) {
    const records = lines.slice(at, at + perBatch).map(value => ({ value }))
    batches.push(encodeBatch({ records, baseOffset: at, baseTimestamp: startMs }))
  }
  return Buffer.concat(batches)
}

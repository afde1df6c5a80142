/** What the official OpenTelemetry SDK sends, JSON and protobuf, as rows in Postgres; and what POST /v1/logs refuses. */
import { gzipSync } from 'node:zlib'
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { SeverityNumber } from '@opentelemetry/api-logs'
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider, type LogRecordExporter } from '@opentelemetry/sdk-logs'
import * as assert from 'uvu/assert'
import { messageType } from '../../src/otlp/schema.ts'
import { Observer } from '../faults/observer.ts'
import { database, topic } from '../support/services.ts'
import { suite } from '../support/suite.ts'
import { until } from '../support/wait.ts'
import { startEngine } from './in-process.ts'
import { startIntake } from './intake-server.ts'

const test = suite('otlp', { timeoutMs: 60_000 })

const spanContext = { traceId: '5b8efff798038103d269b633813fc60c', spanId: 'eee19b7ec3c1b174', traceFlags: 1 }

/** Two records by the SDK; throws what its exporter says. */
async function logBy(exporter: LogRecordExporter, service: string): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'host.name': 'web-1', 'cloud.region': 'x' }),
    processors: [new BatchLogRecordProcessor(exporter)],
  })
  const logger = provider.getLogger('checkout', '1.2.3')
  logger.emit({
    severityNumber: SeverityNumber.ERROR,
    severityText: 'ERROR',
    body: 'payment failed',
    attributes: { 'http.status': 502, retry: true },
    context: trace.setSpanContext(ROOT_CONTEXT, spanContext),
  })
  logger.emit({ severityNumber: SeverityNumber.INFO, body: { order: 4711, items: ['a', 'b'] } })
  await provider.forceFlush()
  await provider.shutdown()
}

interface Row {
  readonly severity: number
  readonly host: string
  readonly trace_id: string | null
  readonly span_id: string | null
  readonly message: string | null
  readonly attrs: {
    readonly body?: unknown
    readonly attributes?: Readonly<Record<string, unknown>>
    readonly resource?: Readonly<Record<string, unknown>>
    readonly scope?: object
  }
  readonly age: number
}

test('the SDK logs over JSON and protobuf, and rows say what it said', async () => {
  const [name, databaseUrl] = await Promise.all([topic(), database()])
  const settings = { 'kafka.topics': name, 'kafka.group_id': name }
  const engine = startEngine({ ...settings, 'postgres.url': databaseUrl })
  const [{ url }] = await Promise.all([startIntake(settings), engine.ready()])
  const observer = new Observer(databaseUrl, name)
  const exporters = {
    json: new JsonExporter({ url: `${url}/v1/logs` }),
    protobuf: new ProtobufExporter({ url: `${url}/v1/logs` }),
  }
  for (const [service, exporter] of Object.entries(exporters)) {
    await logBy(exporter, service)
    const rows = await until(
      async () => {
        const found = await observer.query<Row>(
          'select *, extract(epoch from now() - ts)::float8 as age from logs where service = $1 order by severity desc',
          [service],
        )
        return found.length === 2 && found
      },
      { deadlineMs: 20_000, what: `rows of ${service}` },
    )
    const [failed, placed] = rows
    assert.equal([failed?.severity, failed?.host, failed?.message], [17, 'web-1', 'payment failed'])
    assert.equal([failed?.trace_id, failed?.span_id], [spanContext.traceId, spanContext.spanId])
    assert.equal(failed?.attrs.attributes, { 'http.status': 502, retry: true })
    assert.is(failed?.attrs.resource?.['cloud.region'], 'x')
    assert.equal(failed?.attrs.scope, { name: 'checkout', version: '1.2.3' })
    assert.ok(Math.abs(failed!.age) < 60, `its time is now, not ${failed!.age} s ago`)
    assert.equal([placed?.severity, placed?.message], [9, null])
    assert.equal(placed?.attrs.body, { order: 4711, items: ['a', 'b'] })
  }
  assert.ok(await engine.stop())
})

test('answers in the encoding of the request', async () => {
  const name = await topic({ settings: { 'max.message.bytes': '2000' } })
  let lagSeconds = 0
  const { url } = await startIntake({ 'kafka.topics': name }, () => ({ lagSeconds, arenaFill: 0 }))
  const post = async (body: string | Uint8Array, type: string, headers = {}) => {
    const response = await fetch(`${url}/v1/logs`, {
      method: 'POST',
      headers: { 'content-type': type, ...headers },
      body: body as string,
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    return {
      status: response.status,
      type: response.headers.get('content-type'),
      bytes,
      headers: response.headers,
    }
  }
  const logRecords = [{ body: { stringValue: 'fits' } }, { body: { stringValue: 'x'.repeat(5_000) } }]
  const request = { resourceLogs: [{ scopeLogs: [{ logRecords }] }] }
  const reason =
    'RECORD_TOO_LARGE: it is larger than limits.max_record_bytes, or than Kafka allows for the topic'
  const partial = { partialSuccess: { rejectedLogRecords: '1', errorMessage: reason } }
  const json = await post(gzipSync(JSON.stringify(request)), 'application/json', {
    'content-encoding': 'gzip',
  })
  assert.equal([json.status, JSON.parse(json.bytes.toString())], [200, partial])

  const [asked, answered, status] = [
    messageType('ExportLogsServiceRequest'),
    messageType('ExportLogsServiceResponse'),
    messageType('Status'),
  ]
  const body = asked.encode(asked.fromObject(request)).finish()
  const protobuf = await post(body, 'application/x-protobuf')
  assert.equal([protobuf.status, protobuf.type], [200, 'application/x-protobuf'])
  assert.equal(
    JSON.parse(JSON.stringify(answered.toObject(answered.decode(protobuf.bytes), { longs: String }))),
    partial,
  )

  const broken = await post('no protobuf', 'application/x-protobuf')
  const failure = status.toObject(status.decode(broken.bytes))
  assert.equal([broken.status, failure.code], [400, 3])
  assert.match(failure.message, 'HTTP_REQUEST_INVALID')
  const other = await post('{}', 'text/plain')
  assert.equal([other.status, JSON.parse(other.bytes.toString()).code], [415, 3])
  lagSeconds = 70
  const held = await post('{}', 'application/json')
  assert.equal(
    [held.status, held.headers.get('retry-after'), JSON.parse(held.bytes.toString()).code],
    [429, '10', 8],
  )
})

test.run()

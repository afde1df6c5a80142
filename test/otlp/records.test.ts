/** OTLP's log records become ours, from either encoding; answers can be read by others (src/otlp). */
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { splitOtlp } from '../../src/intake/otlp.ts'
import { encodeFailure, encodeSuccess } from '../../src/otlp/answer.ts'
import { decodeLogs } from '../../src/otlp/decode.ts'
import type { LogsRequest } from '../../src/otlp/logs.ts'
import { recordsOf } from '../../src/otlp/records.ts'
import { messageType } from '../../src/otlp/schema.ts'
import { suite } from '../support/suite.ts'

const test = suite('otlp/records')

/** The example of the OTLP repository (examples/logs.json), with every kind of value. */
const request = {
  resourceLogs: [
    {
      resource: {
        attributes: [
          { key: 'service.name', value: { stringValue: 'my.service' } },
          { key: 'host.name', value: { stringValue: 'web-1' } },
        ],
      },
      scopeLogs: [
        {
          scope: { name: 'my.library', version: '1.0.0' },
          logRecords: [
            {
              timeUnixNano: '1544712660300000001',
              observedTimeUnixNano: '1544712660300000000',
              severityNumber: 10,
              severityText: 'Information',
              traceId: '5B8EFFF798038103D269B633813FC60C',
              spanId: 'EEE19B7EC3C1B174',
              flags: 1,
              eventName: 'device.app.lifecycle',
              body: { stringValue: 'Example log record' },
              attributes: [
                { key: 'string.attribute', value: { stringValue: 'some string' } },
                { key: 'boolean.attribute', value: { boolValue: true } },
                { key: 'int.attribute', value: { intValue: '10' } },
                { key: 'huge', value: { intValue: '9223372036854775807' } },
                { key: 'double.attribute', value: { doubleValue: 637.704 } },
                { key: 'bytes', value: { bytesValue: 'AQI=' } },
                { key: 'array', value: { arrayValue: { values: [{ stringValue: 'many' }, {}] } } },
                {
                  key: 'map',
                  value: { kvlistValue: { values: [{ key: '__proto__', value: { stringValue: 'v' } }] } },
                },
              ],
            },
            { body: { kvlistValue: { values: [{ key: 'a', value: { intValue: '1' } }] } } },
          ],
        },
      ],
    },
  ],
}

const expected = [
  '{"timestamp":"2018-12-13T14:51:00.300000001Z","severity_number":10,"severity_text":"Information",' +
    '"trace_id":"5b8efff798038103d269b633813fc60c","span_id":"eee19b7ec3c1b174","trace_flags":1,' +
    '"event_name":"device.app.lifecycle","service.name":"my.service","host.name":"web-1",' +
    '"body":"Example log record","attributes":{"string.attribute":"some string","boolean.attribute":true,' +
    '"int.attribute":10,"huge":"9223372036854775807","double.attribute":637.704,"bytes":"AQI=",' +
    '"array":["many",null],"map":{"__proto__":"v"}},' +
    '"resource":{"service.name":"my.service","host.name":"web-1"},' +
    '"scope":{"name":"my.library","version":"1.0.0"}}',
  '{"service.name":"my.service","host.name":"web-1","body":{"a":1},' +
    '"resource":{"service.name":"my.service","host.name":"web-1"},"scope":{"name":"my.library","version":"1.0.0"}}',
]

/** As an exporter would send it: ids are bytes there. */
function inProtobuf(): Buffer {
  const type = messageType('ExportLogsServiceRequest')
  const base64 = JSON.stringify(request).replace(/"(traceId|spanId)":"(\w+)"/g, (_, name, hex) =>
    JSON.stringify({ [name]: Buffer.from(hex, 'hex').toString('base64') }).slice(1, -1),
  )
  return Buffer.from(type.encode(type.fromObject(JSON.parse(base64))).finish())
}

test('both encodings give the same records', () => {
  assert.equal([...recordsOf(decodeLogs(Buffer.from(JSON.stringify(request)), 'json', 2))], expected)
  assert.equal([...recordsOf(decodeLogs(inProtobuf(), 'protobuf', 2))], expected)
})

test('too many records are refused before anything is made of them', () => {
  const error = assertThrown(() => decodeLogs(inProtobuf(), 'protobuf', 1))
  assert.equal([error.code, error.context.records], ['INTAKE_BODY_TOO_LARGE', 1])
})

function assertThrown(work: () => unknown): PipelineError {
  try {
    work()
  } catch (error) {
    if (error instanceof PipelineError) return error
  }
  throw new Error('nothing of ours was thrown')
}

test('the time of observation counts where there is no other; 0 and nonsense are none', () => {
  const timeOf = (record: object): unknown => {
    const [text] = recordsOf({ resourceLogs: [{ scopeLogs: [{ logRecords: [record] }] }] } as LogsRequest)
    return JSON.parse(text!).timestamp
  }
  assert.is(timeOf({ timeUnixNano: '0', observedTimeUnixNano: 1e9 }), '1970-01-01T00:00:01.000000000Z')
  for (const timeUnixNano of ['0', 'soon', '-1', '1.5']) assert.is(timeOf({ timeUnixNano }), undefined)
})

const codeOf = async (body: Buffer, encoding: 'json' | 'protobuf', maxBytes = 1e6): Promise<string> =>
  splitOtlp(body, { encoding, keyField: '', maxRecordBytes: 1_000, maxBytes }).then(
    ({ records, refused }) => `${records.length} ${refused.map(({ code }) => code).join()}`,
    error => (error instanceof PipelineError ? error.code : String(error)),
  )
const logs = (...logRecords: unknown[]): Buffer =>
  Buffer.from(JSON.stringify({ resourceLogs: [{ scopeLogs: [{ logRecords }] }] }))

test('what is no such message is refused; a record that is none costs itself', async () => {
  assert.is(await codeOf(Buffer.from('[]'), 'json'), 'HTTP_REQUEST_INVALID')
  assert.is(await codeOf(Buffer.from('{"resourceLogs":[null]}'), 'json'), 'HTTP_REQUEST_INVALID')
  assert.is(await codeOf(Buffer.from([0xff, 0xff]), 'protobuf'), 'HTTP_REQUEST_INVALID')
  const deep = `${'{"arrayValue":{"values":['.repeat(20_000)}${']}}'.repeat(20_000)}`
  const nested = `{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":${deep}}]}]}]}`
  assert.is(await codeOf(Buffer.from(nested), 'json'), 'HTTP_REQUEST_INVALID')
  const large = { body: { stringValue: 'x'.repeat(1_000) } }
  assert.is(await codeOf(logs({}, null, large, {}), 'json'), '2 RECORD_NOT_OBJECT,RECORD_TOO_LARGE')
  assert.is(await codeOf(Buffer.alloc(0), 'protobuf'), '0 ')
  assert.is(await codeOf(Buffer.from('{}'), 'json'), '0 ')
})

test('what is said once for many records does not grow without bound', async () => {
  const attributes = [{ key: 'k', value: { stringValue: 'x'.repeat(500) } }]
  const logRecords = Array.from({ length: 5_000 }, () => ({}))
  const body = Buffer.from(
    JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] }),
  )
  assert.is(await codeOf(body, 'json', 100_000), 'INTAKE_BODY_TOO_LARGE')
})

test('answers', () => {
  assert.is(encodeSuccess('json', 0, ''), '{}')
  assert.is(encodeSuccess('protobuf', 0, '').length, 0)
  const partial = { partialSuccess: { rejectedLogRecords: '2', errorMessage: 'why' } }
  assert.equal(JSON.parse(String(encodeSuccess('json', 2, 'why'))), partial)
  const response = messageType('ExportLogsServiceResponse')
  const bytes = encodeSuccess('protobuf', 2, 'why') as Buffer
  assert.equal(
    JSON.parse(JSON.stringify(response.toObject(response.decode(bytes), { longs: String }))),
    partial,
  )
  const status = messageType('Status')
  const failure = status.toObject(status.decode(encodeFailure('protobuf', 14, 'away') as Buffer))
  assert.equal([failure.code, failure.message], [14, 'away'])
})

test.run()

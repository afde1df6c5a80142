/** OTLP bodies by property: both encodings give the same records, and whatever bytes come, it is records or a refusal. */
import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { PipelineError } from '../../src/errors.ts'
import { splitOtlp } from '../../src/intake/otlp.ts'
import { decodeLogs } from '../../src/otlp/decode.ts'
import { recordsOf } from '../../src/otlp/records.ts'
import { messageType } from '../../src/otlp/schema.ts'
import { runs } from '../kernel/arbitraries.ts'
import { suite } from '../support/suite.ts'

const test = suite('otlp, fuzzed', { timeoutMs: 60_000 })
const MOST = 1_000

const text = fc.string({ maxLength: 12 })
const { value, pairs } = fc.letrec<{ value: unknown; pairs: unknown }>(tie => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.record({ stringValue: text }),
    fc.record({ boolValue: fc.boolean() }),
    fc.record({ intValue: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String) }),
    fc.record({ doubleValue: fc.double({ noNaN: true, noDefaultInfinity: true }).map(each => each + 0) }),
    fc.record({ arrayValue: fc.record({ values: fc.array(tie('value'), { maxLength: 3 }) }) }),
    fc.record({ kvlistValue: fc.record({ values: tie('pairs') }) }),
  ),
  pairs: fc.array(fc.record({ key: text, value: tie('value') }), { maxLength: 3 }),
}))
const id = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map(list => Buffer.from(list))
const record = fc.record({
  timeUnixNano: fc.bigInt({ min: 0n, max: 2n ** 63n }).map(String),
  severityNumber: fc.nat({ max: 24 }),
  severityText: text,
  body: value,
  attributes: pairs,
  traceId: id(16),
  spanId: id(8),
})
const request = fc.array(fc.tuple(pairs, fc.array(record, { maxLength: 3 })), { maxLength: 3 }).map(list =>
  list.map(([attributes, logRecords]) => ({
    resource: { attributes },
    scopeLogs: [{ scope: { name: 's' }, logRecords }],
  })),
)
type Request = typeof request extends fc.Arbitrary<infer T> ? T : never

const type = messageType('ExportLogsServiceRequest')

/** Ids are hex in JSON and bytes in protobuf. */
const written = (resourceLogs: Request, encoding: 'hex' | 'base64'): string =>
  JSON.stringify({ resourceLogs }, (name, each) =>
    name === 'traceId' || name === 'spanId' ? Buffer.from(each.data).toString(encoding) : each,
  )
const asJson = (given: Request): Buffer => Buffer.from(written(given, 'hex'))
const asProtobuf = (given: Request): Buffer =>
  Buffer.from(type.encode(type.fromObject(JSON.parse(written(given, 'base64')))).finish())

test('both encodings give the same records, each of them JSON', () => {
  fc.assert(
    fc.property(request, given => {
      const [json, protobuf] = [
        [...recordsOf(decodeLogs(asJson(given), 'json', MOST))],
        [...recordsOf(decodeLogs(asProtobuf(given), 'protobuf', MOST))],
      ]
      assert.is(
        json.length,
        given.reduce((sum, { scopeLogs }) => sum + scopeLogs[0]!.logRecords.length, 0),
      )
      assert.equal(
        json.map(each => JSON.parse(each!)),
        protobuf.map(each => JSON.parse(each!)),
      )
    }),
    runs(300),
  )
})

const edit = fc.record({ at: fc.nat(), byte: fc.nat({ max: 255 }) })

test('damaged or made up, it is records or a refusal of the request', async () => {
  const encoding = fc.constantFrom<'json' | 'protobuf'>('json', 'protobuf')
  const anyJson = fc.jsonValue().map(each => JSON.stringify({ resourceLogs: each }))
  const loose = fc.jsonValue().map(each =>
    JSON.stringify({
      resourceLogs: [
        {
          resource: each,
          scopeLogs: [
            {
              scope: each,
              logRecords: [{ body: each, attributes: each, timeUnixNano: each, traceId: each }],
            },
          ],
        },
      ],
    }),
  )
  await fc.assert(
    fc.asyncProperty(
      encoding,
      fc.oneof(request, fc.uint8Array({ maxLength: 80 }), anyJson, loose),
      fc.array(edit, { maxLength: 3 }),
      async (kind, given, edits) => {
        const body =
          typeof given === 'string'
            ? Buffer.from(given)
            : given instanceof Uint8Array
              ? Buffer.from(given)
              : (kind === 'json' ? asJson : asProtobuf)(given)
        for (const { at, byte } of edits) if (body.length > 0) body[at % body.length] = byte
        try {
          const { bytes, records } = await splitOtlp(body, {
            encoding: kind,
            keyField: 'a',
            maxRecordBytes: 1e6,
            maxBytes: 1e6,
          })
          for (const { end, start } of records)
            assert.type(JSON.parse(bytes.toString('utf8', start, end)), 'object')
        } catch (error) {
          assert.instance(error, PipelineError)
          assert.ok(['HTTP_REQUEST_INVALID', 'INTAKE_BODY_TOO_LARGE'].includes((error as PipelineError).code))
        }
      },
    ),
    runs(1_500),
  )
})

test.run()

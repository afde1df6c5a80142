/**
 * The messages of OTLP logs, as protobufjs wants them described: opentelemetry-proto v1.11,
 * collector/logs/v1/logs_service.proto, logs/v1/logs.proto and what they use; google.rpc.Status of errors. Enums are
 * int32 here, which is the same on the wire. Neighbours: decode.ts, answer.ts.
 */
import { createRequire } from 'node:module'
import type protobuf from 'protobufjs/light.js'

const many = (type: string, id: number) => ({ rule: 'repeated', type, id }) as const

const messages = {
  ExportLogsServiceRequest: { fields: { resourceLogs: many('ResourceLogs', 1) } },
  ExportLogsServiceResponse: { fields: { partialSuccess: { type: 'ExportLogsPartialSuccess', id: 1 } } },
  ExportLogsPartialSuccess: {
    fields: { rejectedLogRecords: { type: 'int64', id: 1 }, errorMessage: { type: 'string', id: 2 } },
  },
  ResourceLogs: { fields: { resource: { type: 'Resource', id: 1 }, scopeLogs: many('ScopeLogs', 2) } },
  Resource: { fields: { attributes: many('KeyValue', 1) } },
  ScopeLogs: {
    fields: { scope: { type: 'InstrumentationScope', id: 1 }, logRecords: many('LogRecord', 2) },
  },
  InstrumentationScope: {
    fields: {
      name: { type: 'string', id: 1 },
      version: { type: 'string', id: 2 },
      attributes: many('KeyValue', 3),
    },
  },
  LogRecord: {
    fields: {
      timeUnixNano: { type: 'fixed64', id: 1 },
      observedTimeUnixNano: { type: 'fixed64', id: 11 },
      severityNumber: { type: 'int32', id: 2 },
      severityText: { type: 'string', id: 3 },
      body: { type: 'AnyValue', id: 5 },
      attributes: many('KeyValue', 6),
      droppedAttributesCount: { type: 'uint32', id: 7 },
      flags: { type: 'fixed32', id: 8 },
      traceId: { type: 'bytes', id: 9 },
      spanId: { type: 'bytes', id: 10 },
      eventName: { type: 'string', id: 12 },
    },
  },
  AnyValue: {
    oneofs: {
      value: {
        oneof: [
          'stringValue',
          'boolValue',
          'intValue',
          'doubleValue',
          'arrayValue',
          'kvlistValue',
          'bytesValue',
        ],
      },
    },
    fields: {
      stringValue: { type: 'string', id: 1 },
      boolValue: { type: 'bool', id: 2 },
      intValue: { type: 'int64', id: 3 },
      doubleValue: { type: 'double', id: 4 },
      arrayValue: { type: 'ArrayValue', id: 5 },
      kvlistValue: { type: 'KeyValueList', id: 6 },
      bytesValue: { type: 'bytes', id: 7 },
    },
  },
  ArrayValue: { fields: { values: many('AnyValue', 1) } },
  KeyValueList: { fields: { values: many('KeyValue', 1) } },
  KeyValue: { fields: { key: { type: 'string', id: 1 }, value: { type: 'AnyValue', id: 2 } } },
  Status: { fields: { code: { type: 'int32', id: 1 }, message: { type: 'string', id: 2 } } },
} as const

const load = createRequire(import.meta.url)
let root: protobuf.Root | null = null

/** The library costs some megabytes, so it is loaded with the first message. */
const library = (): typeof protobuf => load('protobufjs/light')

export function messageType(name: keyof typeof messages): protobuf.Type {
  const nested = messages as unknown as Record<string, protobuf.IType>
  root ??= library().Root.fromJSON({ nested })
  return root.lookupType(name)
}

/** Of the fields as they are on the wire. */
export const readerOf = (bytes: Buffer): protobuf.Reader => library().Reader.create(bytes)

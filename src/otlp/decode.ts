/** The body of POST /v1/logs, JSON or protobuf, becomes a LogsRequest (logs.ts). Neighbours: schema.ts, records.ts. */
import { messageOf, PipelineError } from '../errors.ts'
import type { LogsRequest } from './logs.ts'
import { messageType } from './schema.ts'

export type OtlpEncoding = 'json' | 'protobuf'

/** Throws HTTP_REQUEST_INVALID when the body is no such message. */
export function decodeLogs(body: Buffer, encoding: OtlpEncoding): LogsRequest {
  try {
    return encoding === 'json' ? fromJson(body) : fromProtobuf(body)
  } catch (error) {
    throw new PipelineError(
      'HTTP_REQUEST_INVALID',
      { problem: `the body is no ExportLogsServiceRequest in ${encoding}: ${messageOf(error)}` },
      error,
    )
  }
}

function fromJson(body: Buffer): LogsRequest {
  const parsed: unknown = JSON.parse(body.toString())
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('no object')
  return parsed as LogsRequest
}

function fromProtobuf(body: Buffer): LogsRequest {
  const type = messageType('ExportLogsServiceRequest')
  return hexIds(type.toObject(type.decode(body), { longs: String, bytes: String }) as LogsRequest)
}

/** protobufjs gives bytes as base64; OTLP's JSON has ids in hex, and so has this project. */
function hexIds(request: LogsRequest): LogsRequest {
  for (const { scopeLogs = [] } of request.resourceLogs ?? [])
    for (const { logRecords = [] } of scopeLogs)
      for (const record of logRecords as { traceId?: string; spanId?: string }[]) {
        if (record.traceId) record.traceId = hex(record.traceId)
        if (record.spanId) record.spanId = hex(record.spanId)
      }
  return request
}

const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex')

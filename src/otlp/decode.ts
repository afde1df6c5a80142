/** The body of POST /v1/logs, JSON or protobuf, becomes a LogsRequest (logs.ts). Neighbours: schema.ts, records.ts. */
import { messageOf, PipelineError } from '../errors.ts'
import type { LogsRequest } from './logs.ts'
import { messageType, readerOf } from './schema.ts'

export type OtlpEncoding = 'json' | 'protobuf'

/**
 * Throws HTTP_REQUEST_INVALID when the body is no such message, INTAKE_BODY_TOO_LARGE where it has more than `mostRecords`:
 * an empty record is two bytes of protobuf, and a hundred in memory.
 */
export function decodeLogs(body: Buffer, encoding: OtlpEncoding, mostRecords: number): LogsRequest {
  try {
    if (encoding === 'json') return fromJson(body)
    if (countRecords(body) > mostRecords)
      throw new PipelineError('INTAKE_BODY_TOO_LARGE', { records: mostRecords })
    return fromProtobuf(body)
  } catch (error) {
    if (error instanceof PipelineError) throw error
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

/** Numbers of the fields on the way: ExportLogsServiceRequest.resource_logs, .scope_logs, .log_records. */
const WAY_TO_RECORDS = [1, 2, 2]
const LENGTH_DELIMITED = 2

/** Walks the bytes without making anything of them. */
function countRecords(body: Buffer): number {
  const reader = readerOf(body)
  const count = (end: number, [field, ...rest]: readonly number[]): number => {
    if (field === undefined) {
      reader.pos = end
      return 1
    }
    let records = 0
    while (reader.pos < end) {
      const tag = reader.uint32()
      if (tag >>> 3 === field && (tag & 7) === LENGTH_DELIMITED) {
        const bytes = reader.uint32()
        records += count(reader.pos + bytes, rest)
      } else reader.skipType(tag & 7)
    }
    return records
  }
  return count(reader.len, WAY_TO_RECORDS)
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

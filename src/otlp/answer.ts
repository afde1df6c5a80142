/** What POST /v1/logs answers, in the encoding of the request: ExportLogsServiceResponse, or google.rpc.Status. */
import type { OtlpEncoding } from './decode.ts'
import { messageType } from './schema.ts'

/** google.rpc.Code. */
export const rpcCodes = {
  invalidArgument: 3,
  permissionDenied: 7,
  resourceExhausted: 8,
  unavailable: 14,
  unauthenticated: 16,
  internal: 13,
} as const

/** With the records that were refused, and why; none: full success. */
export function encodeSuccess(encoding: OtlpEncoding, rejected: number, message: string): string | Buffer {
  const partialSuccess = { rejectedLogRecords: String(rejected), errorMessage: message }
  const answer = rejected === 0 ? {} : { partialSuccess }
  return encode(encoding, 'ExportLogsServiceResponse', answer)
}

export const encodeFailure = (encoding: OtlpEncoding, code: number, message: string): string | Buffer =>
  encode(encoding, 'Status', { code, message })

function encode(
  encoding: OtlpEncoding,
  name: 'ExportLogsServiceResponse' | 'Status',
  answer: object,
): string | Buffer {
  if (encoding === 'json') return JSON.stringify(answer)
  const type = messageType(name)
  return Buffer.from(type.encode(type.fromObject(answer)).finish())
}

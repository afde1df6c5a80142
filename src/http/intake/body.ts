/**
 * Hands the body of a request to the intake as a stream, so that it is read only after the intake has said that there
 * is room. Neighbours: ingest-route.ts, otlp-route.ts.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PipelineError } from '../../errors.ts'
import type { IntakePort, IntakeRequest, Outcome } from '../../intake/contract.ts'

/** Bodies of whatever content type are left to the routes of this scope. */
export function leaveBodies(server: FastifyInstance): void {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, payload, done) => done(null, payload))
}

/** The content type without its parameters, in lower case; empty: there is none. */
export const contentTypeOf = ({ headers }: FastifyRequest): string =>
  (headers['content-type'] ?? '').split(';')[0]!.trim().toLowerCase()

/** The text of a header; null: it is not there. Throws HTTP_REQUEST_INVALID when it is empty or too long. */
export function headerOf({ headers }: FastifyRequest, name: string, mostBytes: number): string | null {
  const value = headers[name]
  if (value === undefined) return null
  const text = String(value)
  if (text !== '' && Buffer.byteLength(text) <= mostBytes) return text
  throw new PipelineError('HTTP_REQUEST_INVALID', { problem: `${name} must have 1 to ${mostBytes} bytes` })
}

/** What every request to the intake has, whatever its format. Throws HTTP_REQUEST_INVALID for a bad header. */
export function requestOf(
  request: FastifyRequest,
  format: IntakeRequest['format'],
): Omit<IntakeRequest, 'body'> {
  const key = headerOf(request, 'x-logcollector-key', MOST_KEY_BYTES)
  return {
    format,
    topic: headerOf(request, 'x-logcollector-topic', MOST_TOPIC_BYTES) ?? '',
    encoding: request.headers['content-encoding'] ?? '',
    recordKey: key === null ? null : Buffer.from(key),
    idempotencyKey: headerOf(request, 'idempotency-key', MOST_IDEMPOTENCY_BYTES),
    caller: request.principal?.id ?? '',
  }
}

const MOST_TOPIC_BYTES = 249
const MOST_KEY_BYTES = 1_024
const MOST_IDEMPOTENCY_BYTES = 255

/** Takes the request in. Whatever comes of it, the rest of its body is read and dropped, so that the answer arrives. */
export async function take(
  intake: IntakePort,
  request: FastifyRequest,
  format: IntakeRequest['format'],
): Promise<Outcome> {
  const stream = request.body instanceof Readable ? request.body : Readable.from([])
  try {
    const body = stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>
    return await intake.take({ ...requestOf(request, format), body })
  } finally {
    stream.resume()
  }
}

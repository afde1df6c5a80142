/**
 * The one shape of every error that HTTP answers with: { error: { code, message, remedy } }. Routes throw a
 * PipelineError; which status a code has is said here.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { Redactor } from '../config/index.ts'
import { type ErrorCode, messageOf, PipelineError } from '../errors.ts'

const statuses: Partial<Record<ErrorCode, number>> = {
  HTTP_REQUEST_INVALID: 400,
  HTTP_UNAUTHORIZED: 401,
  HTTP_FORBIDDEN: 403,
  HTTP_NOT_FOUND: 404,
  HTTP_BUSY: 409,
  API_KEY_INVALID: 401,
  API_SCOPE_MISSING: 403,
  API_NOT_FROM_HERE: 403,
  API_RATE_EXCEEDED: 429,
  API_BUSY: 503,
  TAIL_FULL: 503,
  QUERY_TIMEOUT: 504,
  QUERY_CANCELLED: 503,
  RECORD_NOT_FOUND: 404,
  POSTGRES_UNAVAILABLE: 503,
  POSTGRES_NOT_READY: 503,
  POSTGRES_TRANSIENT: 503,
  REDIS_UNAVAILABLE: 503,
  INTAKE_BODY_TOO_LARGE: 413,
  INTAKE_UNSUPPORTED: 415,
  INTAKE_TOPIC_UNKNOWN: 403,
  INTAKE_PRESSURE: 429,
  INTAKE_FULL: 429,
  INTAKE_STOPPING: 503,
  INTAKE_KEY_BUSY: 409,
  INTAKE_KEY_REUSED: 422,
  INTAKE_UNACKNOWLEDGED: 503,
  INTAKE_RECORDS_REFUSED: 400,
}
const INTERNAL = 500
/** Said with every answer that a later request may not get; a rate limit names its own time. */
const RETRY_AFTER_SECONDS = 1

/** What fastify itself refuses (a body that is no JSON) carries its status; all else is a fault of ours. */
export function known(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  const { statusCode = INTERNAL } = error as { statusCode?: number }
  const code = statusCode < INTERNAL ? 'HTTP_REQUEST_INVALID' : 'HTTP_FAILED'
  return new PipelineError(code, { problem: messageOf(error) }, error)
}

/** The error as it stands in an answer. */
export const shown = ({ code, message, remedy }: PipelineError) => ({ code, message, remedy })

/** Sets the status of an error, and the headers that belong to it. */
export function markFailed(reply: FastifyReply, { code, context, retryable }: PipelineError): FastifyReply {
  const status = statuses[code] ?? INTERNAL
  if (code === 'API_KEY_INVALID') reply.header('www-authenticate', 'Bearer realm="logcollector"')
  if (status === 503 || (retryable && code.startsWith('INTAKE_')))
    reply.header('retry-after', context.retryAfterSeconds ?? RETRY_AFTER_SECONDS)
  return reply.code(status)
}

function answer(error: unknown, reply: FastifyReply): FastifyReply {
  const failure = known(error)
  return markFailed(reply, failure).send({ error: shown(failure) })
}

/** Makes the server, and all plugins registered after it, answer errors in that shape. */
export function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler((error, _request, reply) => answer(error, reply))
  server.setNotFoundHandler(({ method, url }, reply) =>
    answer(new PipelineError('HTTP_NOT_FOUND', { method, path: url.split('?')[0]! }), reply),
  )
}

/** An error may quote what Postgres said, and that what it was given. Texts only: a stream is no error of ours. */
export function redactErrors(server: FastifyInstance, redactor: Redactor): void {
  server.addHook('onSend', async (_request, reply, payload) => {
    if (reply.statusCode < 400 || typeof payload !== 'string') return payload
    const isJson = String(reply.getHeader('content-type')).startsWith('application/json')
    return isJson ? JSON.stringify(redactor.data(JSON.parse(payload) as object)) : redactor.text(payload)
  })
}

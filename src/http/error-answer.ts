/**
 * The one shape of every error that HTTP answers with: { error: { code, message, remedy } }. Routes throw a
 * PipelineError; which status a code has is said here.
 */
import type { FastifyInstance, FastifyReply } from 'fastify'
import { type ErrorCode, messageOf, PipelineError } from '../errors.ts'

const statuses: Partial<Record<ErrorCode, number>> = {
  HTTP_REQUEST_INVALID: 400,
  HTTP_UNAUTHORIZED: 401,
  HTTP_FORBIDDEN: 403,
  HTTP_NOT_FOUND: 404,
  HTTP_BUSY: 409,
}
const INTERNAL = 500

/** What fastify itself refuses (a body that is no JSON) carries its status; all else is a fault of ours. */
function known(error: unknown): PipelineError {
  if (error instanceof PipelineError) return error
  const { statusCode = INTERNAL } = error as { statusCode?: number }
  const code = statusCode < INTERNAL ? 'HTTP_REQUEST_INVALID' : 'HTTP_FAILED'
  return new PipelineError(code, { problem: messageOf(error) }, error)
}

function answer(error: unknown, reply: FastifyReply): FastifyReply {
  const { code, message, remedy } = known(error)
  return reply.code(statuses[code] ?? INTERNAL).send({ error: { code, message, remedy } })
}

/** Makes the server, and all plugins registered after it, answer errors in that shape. */
export function answerErrors(server: FastifyInstance): void {
  server.setErrorHandler((error, _request, reply) => answer(error, reply))
  server.setNotFoundHandler(({ method, url }, reply) =>
    answer(new PipelineError('HTTP_NOT_FOUND', { method, path: url.split('?')[0]! }), reply),
  )
}

/**
 * The HTTP server: buildServer() makes it for tests and for listenOn(), which opens the port. The only home of
 * fastify is this folder, one plugin a resource.
 */
import { type FastifyInstance, fastify } from 'fastify'
import type { Config } from '../config/index.ts'
import { messageOf, PipelineError } from '../errors.ts'
import { tellAnswered } from './answered.ts'
import type { ApiDeps } from './api/deps.ts'
import { debugScope } from './debug/scope.ts'
import type { HttpDeps } from './deps.ts'
import { answerErrors, redactErrors } from './error-answer.ts'
import { healthRoute } from './health-route.ts'
import { metricsRoute } from './metrics-route.ts'
import { readyRoute } from './ready-route.ts'

/** For a request with its body; answers take as long as they take. */
const REQUEST_TIMEOUT_MS = 120_000
const MOST_HEADER_BYTES = 64 * 1024
/** Kafka's bound on the name of a topic, which paths of records contain. */
const LONGEST_TOPIC = 249

/** The server with all its routes, not listening. */
export function buildServer(deps: HttpDeps): FastifyInstance {
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    // fastify's own is none: a client that sends its request a byte at a time would keep its socket for ever.
    requestTimeout: REQUEST_TIMEOUT_MS,
    // Last-Event-ID holds the position of every partition.
    http: { maxHeaderSize: MOST_HEADER_BYTES },
    routerOptions: { maxParamLength: LONGEST_TOPIC },
    // A parameter that nobody knows is an error, not nothing.
    ajv: { customOptions: { removeAdditional: false } },
  })
  if (deps.onAnswered) tellAnswered(server, deps.onAnswered)
  limitConnections(server, deps)
  answerErrors(server)
  if (deps.redactor) redactErrors(server, deps.redactor)
  server.register(healthRoute)
  server.register(readyRoute, deps)
  server.register(metricsRoute, deps)
  if (deps.debug !== null) server.register(debugScope, deps.debug)
  if (deps.api) registerApi(server, deps.api)
  return server
}

/** A connection that sends nothing is closed by Node after a minute (headersTimeout). */
function limitConnections({ server }: FastifyInstance, { maxConnections, onRefused }: HttpDeps): void {
  if (maxConnections !== undefined) server.maxConnections = maxConnections
  if (onRefused) server.on('drop', onRefused)
}

/** Loaded only where it is served: swagger and its kind take their memory. */
function registerApi(server: FastifyInstance, deps: ApiDeps): void {
  const { intake } = deps
  server.register(async scope => (await import('./api/index.ts')).apiScope(scope, { deps }), {
    prefix: '/api/v1',
  })
  if (!intake) return
  server.register(
    async scope => (await import('./intake/otlp-route.ts')).otlpScope(scope, { ...deps, intake }),
    {
      prefix: '/v1',
    },
  )
}

/**
 * Listens and returns the base URL, with the port that was taken. Throws CONFIG_INVALID when the address cannot
 * be had: another setting is the only remedy.
 */
export async function listenOn(
  server: FastifyInstance,
  { host, port }: Pick<Config['http'], 'host' | 'port'>,
): Promise<string> {
  try {
    return await server.listen({ host, port })
  } catch (error) {
    const problem = `cannot listen on ${host}:${port}: ${messageOf(error)}`
    throw new PipelineError('CONFIG_INVALID', { setting: 'http.port', problem }, error)
  }
}

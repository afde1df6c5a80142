/**
 * Everything below /api/v1 in one scope: keys, rate limit and CORS are asked before any route of it. A route says
 * which scope of a key it needs in its config: { scope: 'write' }; read where it says nothing.
 */
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PipelineError } from '../../errors.ts'
import { ingestRoute } from '../intake/ingest-route.ts'
import { createAuthorise, type Principal, type Scope } from './authorise.ts'
import type { ApiDeps } from './deps.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of the key that a request needs; false: none. */
    scope?: Scope | false
  }
  interface FastifyRequest {
    /** Who asks; null where nobody was asked. */
    principal: Principal | null
  }
}

const MINUTE_MS = 60_000

async function limitRate(server: FastifyInstance, max: number): Promise<void> {
  await server.register(rateLimit, {
    max,
    timeWindow: MINUTE_MS,
    hook: 'preValidation',
    keyGenerator: (request: FastifyRequest) => request.principal?.id ?? request.ip,
    errorResponseBuilder: (_request: FastifyRequest, { max: most }: { max: number }) =>
      new PipelineError('API_RATE_EXCEEDED', { perMinute: most }),
  })
}

/** Asks for keys, rate limit and CORS before every route of a scope; also for the one of OTLP. */
export async function guard(server: FastifyInstance, deps: ApiDeps): Promise<void> {
  const authorise = createAuthorise(deps.access, deps.corsOrigins)
  server.decorateRequest('principal', null)
  await server.register(cors, { origin: [...deps.corsOrigins], maxAge: 600 })
  server.addHook('onRequest', async request => {
    const { scope = 'read' } = request.routeOptions.config
    if (scope !== false) request.principal = await authorise(request, scope)
  })
  if (deps.rateLimit > 0) await limitRate(server, deps.rateLimit)
}

/** Register it with the prefix /api/v1. */
export async function apiScope(server: FastifyInstance, deps: ApiDeps): Promise<void> {
  await guard(server, deps)
  if (deps.intake) await server.register(ingestRoute, { intake: deps.intake })
}

/**
 * Everything below /api/v1 in one scope: keys, rate limit and CORS are asked before any route of it. A route says
 * which scope of a key it needs in its config: { scope: 'write' }; read where it says nothing. The description of the
 * API (openapi.ts) is no secret and lies outside.
 */
import cors from '@fastify/cors'
import rateLimit from '@fastify/rate-limit'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { PipelineError } from '../../errors.ts'
import { ingestRoute } from '../intake/ingest-route.ts'
import { tailRoute } from '../tail/route.ts'
import { anomalyRoute } from './anomalies.ts'
import { createAuthorise, type Principal, type Scope } from './authorise.ts'
import { countRoutes } from './counts.ts'
import { deadLetterRoutes } from './dead-letters.ts'
import type { ApiDeps, GuardDeps, RouteDeps } from './deps.ts'
import { exportRoute } from './export.ts'
import { lagRoute } from './lag.ts'
import { logsRoutes } from './logs.ts'
import { describeApi } from './openapi.ts'
import { formatSchemaErrors, refuseInfinity } from './schema-errors.ts'

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
    // After the key was looked at: those who share an address do not share their limit.
    hook: 'preValidation',
    keyGenerator: (request: FastifyRequest) => request.principal?.id ?? request.ip,
    errorResponseBuilder: (_request: FastifyRequest, { max: most }: { max: number }) =>
      new PipelineError('API_RATE_EXCEEDED', { perMinute: most }),
  })
}

/** Register it with the prefix /api/v1. */
export async function apiScope(server: FastifyInstance, { deps }: { readonly deps: ApiDeps }): Promise<void> {
  await describeApi(server, deps.version)
  const authorise = createAuthorise(deps.access, deps.corsOrigins)
  server.register(guardedScope, { ...deps, authorise })
}

/** Asks for keys, rate limit and CORS before every route of the scope. */
export async function guard(server: FastifyInstance, deps: GuardDeps): Promise<void> {
  server.decorateRequest('principal', null)
  await server.register(cors, { origin: [...deps.corsOrigins], maxAge: 600 })
  server.addHook('onRequest', async request => {
    const { scope = 'read' } = request.routeOptions.config
    if (scope !== false) request.principal = await deps.authorise(request, scope)
  })
  server.addHook('preHandler', refuseInfinity)
  if (deps.rateLimit > 0) await limitRate(server, deps.rateLimit)
}

async function guardedScope(server: FastifyInstance, deps: RouteDeps): Promise<void> {
  server.setSchemaErrorFormatter(formatSchemaErrors)
  await guard(server, deps)
  for (const routes of [
    logsRoutes,
    countRoutes,
    lagRoute,
    deadLetterRoutes,
    anomalyRoute,
    exportRoute,
    tailRoute,
  ])
    server.register(routes, deps)
  if (deps.intake) server.register(ingestRoute, { intake: deps.intake })
}

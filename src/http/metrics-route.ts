/** GET /metrics: Prometheus' text format, from metrics.ts. */
import type { FastifyInstance } from 'fastify'
import type { HttpDeps } from './deps.ts'

export async function metricsRoute(server: FastifyInstance, { metrics }: HttpDeps): Promise<void> {
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.render()),
  )
}

/** GET /healthz: 200 while the process answers at all; says nothing about Kafka or Postgres (readyz does). */
import type { FastifyInstance } from 'fastify'

export async function healthRoute(server: FastifyInstance): Promise<void> {
  server.get('/healthz', async (_request, reply) => reply.type('text/plain').send('ok\n'))
}

/** GET /debug: the state of every part as JSON, indented for people. Registered only where http.debug says so. */
import type { FastifyInstance } from 'fastify'

export async function debugRoute(
  server: FastifyInstance,
  { read }: { readonly read: () => object },
): Promise<void> {
  server.get('/debug', async (_request, reply) =>
    reply.type('application/json').send(`${JSON.stringify(read(), null, 2)}\n`),
  )
}

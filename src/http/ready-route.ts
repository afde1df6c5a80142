/** GET /readyz: 200, or 503 with the reasons in words; JSON for those who ask for it, else text. */
import type { FastifyInstance } from 'fastify'
import type { HttpDeps } from './deps.ts'

export async function readyRoute(server: FastifyInstance, { readiness }: HttpDeps): Promise<void> {
  server.get('/readyz', async (request, reply) => {
    const { ok, reasons } = readiness()
    reply.code(ok ? 200 : 503)
    if (request.headers.accept?.includes('application/json')) return reply.send({ ready: ok, reasons })
    return reply.type('text/plain').send(`${ok ? 'ready' : ['not ready', ...reasons].join('\n')}\n`)
  })
}

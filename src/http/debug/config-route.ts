/** GET /debug/config: the configuration in force, secrets redacted, with the origin of each value. */
import type { FastifyInstance } from 'fastify'
import type { DebugDeps } from '../deps.ts'
import { sendIndented } from './indented.ts'

export async function configRoute(
  server: FastifyInstance,
  { config }: Pick<DebugDeps, 'config'>,
): Promise<void> {
  server.get('/debug/config', async (_request, reply) => sendIndented(reply, config()))
}

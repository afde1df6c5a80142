/** GET /debug: the state of every part as JSON, indented for people. Registered only where http.debug says so. */
import type { FastifyInstance } from 'fastify'
import type { DebugDeps } from '../deps.ts'
import { sendIndented } from './indented.ts'

export async function debugRoute(
  server: FastifyInstance,
  { state }: Pick<DebugDeps, 'state'>,
): Promise<void> {
  server.get('/debug', async (_request, reply) => sendIndented(reply, state()))
}

/** GET /debug/memory: what V8 and the system say of the process' memory, in bytes; cheap enough to ask every second. */
import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8'
import type { FastifyInstance } from 'fastify'
import { sendIndented } from './indented.ts'

export async function memoryRoute(server: FastifyInstance): Promise<void> {
  server.get('/debug/memory', async (_request, reply) =>
    sendIndented(reply, {
      process: process.memoryUsage(),
      heap: getHeapStatistics(),
      spaces: getHeapSpaceStatistics(),
    }),
  )
}

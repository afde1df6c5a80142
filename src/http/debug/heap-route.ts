/**
 * GET /debug/heap: a heap snapshot of the main thread, as a stream, for the Memory tab of Chrome's developer tools.
 * The process stands still while it is taken; it holds every text in memory, secrets too (docs/debug.md).
 */
import { finished } from 'node:stream'
import { getHeapSnapshot } from 'node:v8'
import type { FastifyInstance } from 'fastify'
import type { DebugDeps } from '../deps.ts'
import { attachment } from './attachment.ts'
import type { OneAtATime } from './one-at-a-time.ts'

export async function heapRoute(
  server: FastifyInstance,
  { log, turn }: Pick<DebugDeps, 'log'> & { readonly turn: OneAtATime },
): Promise<void> {
  server.get('/debug/heap', async ({ ip }, reply) => {
    const end = turn.begin('heap snapshot')
    try {
      const begin = performance.now()
      const snapshot = getHeapSnapshot()
      // Also when the client goes away in the middle: fastify destroys the stream then.
      finished(snapshot, end)
      const pausedMs = Math.round(performance.now() - begin)
      log.note({ from: ip, pausedMs }, 'a heap snapshot was taken over HTTP')
      return attachment(reply, 'heapsnapshot').send(snapshot)
    } catch (error) {
      end()
      throw error
    }
  })
}

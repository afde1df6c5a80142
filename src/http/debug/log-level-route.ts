/** GET and PUT /debug/log-level: the level that is logged, until the next start, which reads log.level again. */
import type { FastifyInstance } from 'fastify'
import { PipelineError } from '../../errors.ts'
import type { DebugDeps } from '../deps.ts'

const levels = ['debug', 'info', 'warn', 'error'] as const
type Level = (typeof levels)[number]

/** The level of a body such as { "level": "debug" }. Throws HTTP_REQUEST_INVALID. */
function levelIn(body: unknown): Level {
  const { level } = (body ?? {}) as { level?: unknown }
  const found = levels.find(known => known === level)
  if (found !== undefined) return found
  const problem = `send {"level": …} with one of ${levels.join(', ')}`
  throw new PipelineError('HTTP_REQUEST_INVALID', { problem })
}

export async function logLevelRoute(server: FastifyInstance, { log }: Pick<DebugDeps, 'log'>): Promise<void> {
  server.get('/debug/log-level', async () => ({ level: log.level }))
  server.put('/debug/log-level', async ({ body }) => {
    const [level, before] = [levelIn(body), log.level]
    log.level = level
    log.note({ level, before }, 'the log level was changed over HTTP')
    return { level }
  })
}

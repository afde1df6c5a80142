/** All routes below /debug in one scope behind one guard, so that none can be reached around it. */
import type { FastifyInstance } from 'fastify'
import type { DebugDeps } from '../deps.ts'
import { configRoute } from './config-route.ts'
import { cpuProfileRoute } from './cpu-profile-route.ts'
import { debugGuard } from './guard.ts'
import { heapRoute } from './heap-route.ts'
import { logLevelRoute } from './log-level-route.ts'
import { memoryRoute } from './memory-route.ts'
import { OneAtATime } from './one-at-a-time.ts'
import { debugRoute } from './state-route.ts'

export async function debugScope(server: FastifyInstance, deps: DebugDeps): Promise<void> {
  const weighty = { log: deps.log, turn: new OneAtATime() }
  server.addHook('onRequest', debugGuard(deps.token))
  server.register(debugRoute, deps)
  server.register(configRoute, deps)
  server.register(logLevelRoute, deps)
  server.register(memoryRoute)
  server.register(heapRoute, weighty)
  server.register(cpuProfileRoute, weighty)
}

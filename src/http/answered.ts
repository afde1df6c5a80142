/** Tells of every request when it is over: how long it took and how it ended, by the route as it was declared. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

export interface AnsweredRequest {
  readonly method: string
  /** With the names of its parameters; what no route is for is one: (none). */
  readonly route: string
  /** 2xx, 3xx, 4xx, 5xx; aborted: the client left before it had the whole answer. */
  readonly status: string
  readonly durationMs: number
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The answer goes on for as long as somebody listens: its end says nothing of its speed. */
    isStream?: boolean
  }
}

const OK = 200

const statusOf = ({ raw }: FastifyReply): string =>
  raw.writableFinished ? `${Math.floor(raw.statusCode / 100)}xx` : 'aborted'

/** What anybody may send must not become a name of its own. */
const placeOf = ({ is404, method, routeOptions }: FastifyRequest) =>
  is404 || routeOptions.url === undefined
    ? { method: '(any)', route: '(none)' }
    : { method, route: routeOptions.url }

/** Before the routes are registered. */
export function tellAnswered(server: FastifyInstance, tell: (request: AnsweredRequest) => void): void {
  server.addHook('onRequest', async (request, reply) => {
    const startedAt = performance.now()
    reply.raw.once('close', () => {
      if (request.routeOptions.config.isStream && reply.raw.statusCode === OK) return
      tell({ ...placeOf(request), status: statusOf(reply), durationMs: performance.now() - startedAt })
    })
  })
}

/** GET /lag: how far every partition is behind, as `logcollector lag --json` says it. */
import type { FastifyInstance } from 'fastify'
import type { RouteDeps } from './deps.ts'
import * as schemas from './schemas.ts'

const schema = {
  tags: ['state'],
  summary: 'How far every partition is behind',
  description:
    'From the mirror in Redis while it is fresh, else from Postgres and Kafka; `source` says which.',
  querystring: schemas.query({}),
  response: schemas.answer('The partitions and their sum', {}),
}

export async function lagRoute(server: FastifyInstance, { lag }: RouteDeps): Promise<void> {
  server.get('/lag', { schema }, () => lag())
}

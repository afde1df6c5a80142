/** GET /anomalies: what is not as usual in the counts of each minute. docs/anomalies.md says what they are. */
import type { FastifyInstance } from 'fastify'
import { anomalyKinds } from '../../anomalies/types.ts'
import type { AnomalyQuestion } from '../../query/contract.ts'
import { askingOf } from './asking.ts'
import type { RouteDeps } from './deps.ts'
import { rangeOf, type TimeQuery } from './range.ts'
import * as schemas from './schemas.ts'

type Filters = TimeQuery &
  Pick<AnomalyQuestion, 'before' | 'kind' | 'limit' | 'state'> & { readonly service?: readonly string[] }

const schema = {
  tags: ['state'],
  summary: 'Anomalies, the latest first',
  description:
    'Those that lasted for a part of the time asked for, of any time unless told. The next page is `before` the id of the last.',
  querystring: schemas.query({
    ...schemas.timeProperties,
    state: { type: 'string', enum: ['open', 'resolved', 'any'], default: 'any' },
    kind: { type: 'string', enum: anomalyKinds, description: 'Of this kind' },
    service: schemas.rollupProperties.service,
    before: schemas.whole('Found before the one with this id', 1, Number.MAX_SAFE_INTEGER),
    limit: { ...schemas.whole('So many', 1, 1000), default: 100 },
    ...schemas.explainProperty,
  }),
  response: schemas.answer('With what was expected, what was observed, and records that show it', {
    anomalies: { type: 'array', items: { type: 'object', additionalProperties: true } },
  }),
}

function questionOf(query: Filters): AnomalyQuestion {
  const { before, kind, limit, service, state } = query
  return {
    range: rangeOf(query, 'all'),
    state,
    limit,
    ...(kind === undefined ? {} : { kind }),
    ...(service === undefined ? {} : { services: service }),
    ...(before === undefined ? {} : { before }),
  }
}

export async function anomalyRoute(
  server: FastifyInstance,
  { authorise, queries }: RouteDeps,
): Promise<void> {
  server.get('/anomalies', { schema }, async (request, reply) =>
    queries.anomalies(questionOf(request.query as Filters), await askingOf(request, reply, authorise)),
  )
}

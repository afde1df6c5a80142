/** What is counted instead of listed: histogram, facets, services, stats, gaps. */
import type { FastifyInstance } from 'fastify'
import { PipelineError } from '../../errors.ts'
import type { HistogramQuestion } from '../../query/contract.ts'
import { askingOf } from './asking.ts'
import type { RouteDeps } from './deps.ts'
import { type FilterQuery, filterOf } from './filter.ts'
import { rangeToNow, type TimeQuery } from './range.ts'
import * as schemas from './schemas.ts'

const DEFAULT_TIME = '1h'
const MOST_POINTS = 2_000
const intervals: Readonly<Record<string, number>> = { m: 60, h: 3600, d: 86_400 }
const US_PER_SECOND = 1_000_000

type Histogram = TimeQuery & FilterQuery & { readonly interval: string; readonly by?: 'severity' | 'service' }
type Facets = TimeQuery & FilterQuery & { readonly field: string; readonly limit: number }

const open = { type: 'object', additionalProperties: true }

const histogramSchema = {
  tags: ['counts'],
  summary: 'Records over time',
  description:
    'Counted by the minute rollups, so it costs the same for a thousand records and for a billion.',
  querystring: schemas.query({
    ...schemas.timeProperties,
    ...schemas.rollupProperties,
    interval: {
      type: 'string',
      pattern: '^(auto|[1-9][0-9]{0,4}[mhd])$',
      default: 'auto',
      description: 'Whole minutes, hours or days (5m, 1h, 1d); auto makes about a hundred points',
    },
    by: {
      type: 'string',
      enum: ['severity', 'service'],
      description: 'Also count by this; the ten largest services',
    },
    ...schemas.explainProperty,
  }),
  response: schemas.answer('Every interval in order, also the empty ones', {
    from: { type: 'string' },
    to: { type: 'string' },
    interval_seconds: { type: 'integer' },
    points: { type: 'array', items: open },
  }),
}

const facetsSchema = {
  tags: ['counts'],
  summary: 'The most frequent values of a field',
  description:
    'Service and severity are counted by the rollups as long as nothing else filters. Anything else is counted in a sample of the newest records that fit, and `sample` says in which.',
  querystring: {
    ...schemas.filterQuery({
      field: {
        type: 'string',
        pattern: '^(service|severity|host|attr\\.[^\\u0000]{1,256})$',
        description: 'service, severity, host or attr.<name>',
      },
      limit: { ...schemas.whole('So many values', 1, 100), default: 10 },
      ...schemas.explainProperty,
    }),
    required: ['field'],
  },
  response: schemas.answer('The values, most frequent first', {
    field: { type: 'string' },
    values: { type: 'array', items: open },
    sample: { type: ['object', 'null'], additionalProperties: true },
  }),
}

const servicesSchema = {
  tags: ['counts'],
  summary: 'Services with their records and errors',
  querystring: schemas.query({ ...schemas.timeProperties, ...schemas.explainProperty }),
  response: schemas.answer('By number of records', { services: { type: 'array', items: open } }),
}

const statsSchema = {
  tags: ['state'],
  summary: 'Figures of the store',
  querystring: schemas.query(schemas.explainProperty),
  response: schemas.answer('What came in lately, and what is there', {}),
}

const gapsSchema = {
  tags: ['state'],
  summary: 'Gaps that somebody allowed',
  querystring: schemas.query({
    limit: { ...schemas.whole('So many', 1, 1000), default: 100 },
    ...schemas.explainProperty,
  }),
  response: schemas.answer('The latest first', { gaps: { type: 'array', items: open } }),
}

/** @throws PipelineError HTTP_REQUEST_INVALID where that makes too many points */
function intervalOf(text: string, { fromUs, toUs }: HistogramQuestion['range']): number | null {
  if (text === 'auto') return null
  const seconds = Number(text.slice(0, -1)) * intervals[text.at(-1)!]!
  if ((toUs - fromUs) / US_PER_SECOND / seconds <= MOST_POINTS) return seconds
  const problem = `more than ${MOST_POINTS} points: ask for a longer interval or a shorter time`
  throw new PipelineError('HTTP_REQUEST_INVALID', { problem })
}

export async function countRoutes(server: FastifyInstance, { authorise, queries }: RouteDeps): Promise<void> {
  server.get('/histogram', { schema: histogramSchema }, async (request, reply) => {
    const query = request.query as Histogram
    const range = rangeToNow(query, DEFAULT_TIME)
    const intervalSeconds = intervalOf(query.interval, range)
    const question = { range, filter: filterOf(query), intervalSeconds, by: query.by ?? null }
    return queries.histogram(question, await askingOf(request, reply, authorise))
  })

  server.get('/facets', { schema: facetsSchema }, async (request, reply) => {
    const query = request.query as Facets
    const { field, limit } = query
    const question = { range: rangeToNow(query, DEFAULT_TIME), filter: filterOf(query), field, limit }
    return queries.facets(question, await askingOf(request, reply, authorise))
  })

  server.get('/services', { schema: servicesSchema }, async (request, reply) => {
    const range = rangeToNow(request.query as TimeQuery, DEFAULT_TIME)
    return queries.services(range, await askingOf(request, reply, authorise))
  })

  server.get('/stats', { schema: statsSchema }, async (request, reply) =>
    queries.stats(await askingOf(request, reply, authorise)),
  )

  server.get('/gaps', { schema: gapsSchema }, async (request, reply) => {
    const { limit } = request.query as { limit: number }
    return queries.gaps(limit, await askingOf(request, reply, authorise))
  })
}

/** GET /logs: records that fit, newest first, page by page; and one record by its place in Kafka, with its neighbours. */
import type { FastifyInstance } from 'fastify'
import type { Position } from '../../query/contract.ts'
import { askingOf } from './asking.ts'
import type { RouteDeps } from './deps.ts'
import { type FilterQuery, filterOf } from './filter.ts'
import { rangeOf, type TimeQuery } from './range.ts'
import * as schemas from './schemas.ts'

type LogsQuery = TimeQuery &
  FilterQuery & { readonly limit: number; readonly order: 'asc' | 'desc'; readonly cursor?: string }

const cursor = { type: ['string', 'null'] }

const logsSchema = {
  tags: ['logs'],
  summary: 'Search records',
  description:
    'Records that fit every filter, newest first. `attr.<name>=<value>` (repeatable with other names) asks for an attribute; a name with dots is one with dots or a way down. `next` and `prev` are cursors of the neighbouring pages: pass one as `cursor`, with the same filters. A search that would take too long stops: then `complete` is false, `searched` says how far it came, and `next` goes on.',
  querystring: schemas.filterQuery({
    limit: { ...schemas.whole('Records of a page', 1, 1000), default: 100 },
    order: { type: 'string', enum: ['desc', 'asc'], default: 'desc', description: 'desc: newest first' },
    cursor: { type: 'string', maxLength: 200, description: 'next or prev of an answer' },
    ...schemas.explainProperty,
  }),
  response: schemas.answer('A page', {
    records: schemas.records,
    next: cursor,
    prev: cursor,
    searched: { type: 'object', properties: { from: { type: 'string' }, to: { type: 'string' } } },
    complete: { type: 'boolean' },
  }),
}

const recordSchema = {
  tags: ['logs'],
  summary: 'One record and its neighbours',
  description: 'By its place in Kafka, with the records of its partition before it and behind it.',
  params: schemas.positionParams,
  querystring: schemas.query({
    neighbours: { ...schemas.whole('So many on each side', 0, 100), default: 5 },
    ...schemas.explainProperty,
  }),
  response: schemas.answer('The record', {
    record: schemas.record,
    before: schemas.records,
    after: schemas.records,
  }),
}

export async function logsRoutes(server: FastifyInstance, { authorise, queries }: RouteDeps): Promise<void> {
  server.get('/logs', { schema: logsSchema }, async (request, reply) => {
    const query = request.query as LogsQuery
    const { limit, order, cursor = null } = query
    const asking = await askingOf(request, reply, authorise)
    return queries.search(
      { range: rangeOf(query, 'all'), filter: filterOf(query), limit, order, cursor },
      asking,
    )
  })

  server.get('/logs/:topic/:partition/:offset', { schema: recordSchema }, async (request, reply) => {
    const { neighbours } = request.query as { neighbours: number }
    const asking = await askingOf(request, reply, authorise)
    return queries.record(request.params as Position, neighbours, asking)
  })
}

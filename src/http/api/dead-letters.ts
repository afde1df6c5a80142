/** /dead-letters: the records that could not become rows; list, show, replay. docs/dead-letters.md says what they are. */
import type { FastifyInstance } from 'fastify'
import { PipelineError } from '../../errors.ts'
import type { Position } from '../../query/contract.ts'
import { clientGone } from './asking.ts'
import type { LetterQuestion, RouteDeps } from './deps.ts'
import { rangeOf, type TimeQuery } from './range.ts'
import * as schemas from './schemas.ts'

interface Filters extends TimeQuery {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly code?: string
  readonly limit?: number
}

const filters = {
  ...schemas.timeProperties,
  ...schemas.positionParams.properties,
  code: schemas.text('With this code, such as parse_refused', 64),
} as const

const listSchema = {
  tags: ['dead letters'],
  summary: 'The newest dead letters',
  querystring: schemas.query({
    ...filters,
    state: { type: 'string', enum: ['waiting', 'replayed', 'any'], default: 'any' },
    limit: { ...schemas.whole('So many', 1, 1000), default: 100 },
  }),
  response: schemas.answer('Without their contents', {
    dead_letters: { type: 'array', items: { type: 'object', additionalProperties: true } },
  }),
}

const showSchema = {
  tags: ['dead letters'],
  summary: 'A dead letter with all that is kept of it',
  params: schemas.positionParams,
  querystring: schemas.query({}),
  response: schemas.answer('Key, value and headers as text where they are UTF-8, and in base64', {}),
}

const replaySchema = {
  tags: ['dead letters'],
  summary: 'Parse dead letters again and store those that are rows now',
  description: 'Those that wait and fit the filters; {} for all. Needs the scope admin.',
  body: schemas.query({ ...filters, limit: schemas.whole('At most so many', 1, 1_000_000) }),
  response: schemas.answer('How many became rows, and why the others stay', {
    replayed: { type: 'integer' },
    failed: { type: 'integer' },
    reasons: { type: 'array', items: { type: 'object', additionalProperties: true } },
  }),
}

function questionOf(query: Filters, state: LetterQuestion['state']): LetterQuestion {
  const { topic, partition, offset, code } = query
  const { fromUs, toUs } = rangeOf(query, 'all')
  return {
    state,
    sinceMs: Math.floor(fromUs / 1000),
    untilMs: Math.floor(toUs / 1000),
    ...(topic === undefined ? {} : { topic }),
    ...(partition === undefined ? {} : { partition }),
    ...(offset === undefined ? {} : { offset }),
    ...(code === undefined ? {} : { code }),
  }
}

export async function deadLetterRoutes(server: FastifyInstance, { letters }: RouteDeps): Promise<void> {
  let isReplaying = false

  server.get('/dead-letters', { schema: listSchema }, async (request, reply) => {
    const query = request.query as Filters & Pick<LetterQuestion, 'state'> & { readonly limit: number }
    return {
      dead_letters: await letters.list(questionOf(query, query.state), query.limit, clientGone(reply)),
    }
  })

  server.get('/dead-letters/:topic/:partition/:offset', { schema: showSchema }, async (request, reply) => {
    const { topic, partition, offset } = request.params as Position
    const letter = await letters.show({ topic, partition, offset }, clientGone(reply))
    if (letter === null) throw new PipelineError('RECORD_NOT_FOUND', { topic, partition, offset })
    return letter
  })

  server.post(
    '/dead-letters/replay',
    { schema: replaySchema, config: { scope: 'admin' } },
    async ({ body }) => {
      if (isReplaying) throw new PipelineError('API_BUSY', { problem: 'a replay is under way' })
      const question = questionOf(body as Filters, 'waiting')
      isReplaying = true
      try {
        return await letters.replay(question, (body as Filters).limit ?? null)
      } finally {
        isReplaying = false
      }
    },
  )
}

/**
 * GET /debug: the state of every part, as JSON indented for people, or as a page where a browser asks. Registered only
 * where http.debug says so.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { PipelineError } from '../../errors.ts'
import type { DebugDeps } from '../deps.ts'
import { known, markFailed, shown } from '../error-answer.ts'
import { sendIndented } from './indented.ts'

const formats = ['json', 'html', 'page'] as const
type Format = (typeof formats)[number]

/** By ?format=, else by what is accepted; `page` is the page's own JSON. @throws HTTP_REQUEST_INVALID */
function formatOf({ headers, query }: FastifyRequest): Format {
  const { format } = query as { format?: unknown }
  if (format === undefined) return (headers.accept ?? '').includes('text/html') ? 'html' : 'json'
  const found = formats.find(known => known === format)
  if (found !== undefined) return found
  throw new PipelineError('HTTP_REQUEST_INVALID', {
    problem: `write format=${formats.slice(0, 2).join(' or ')}`,
  })
}

/** Loaded when somebody asks: most processes never show it. */
const loadPage = async () => {
  const [{ pageModel }, { sendPage }] = await Promise.all([
    import('./page/model.ts'),
    import('./page/page.ts'),
  ])
  return { pageModel, sendPage }
}

export async function debugRoute(
  server: FastifyInstance,
  { state }: Pick<DebugDeps, 'state'>,
): Promise<void> {
  /** A browser cannot send a token by itself: the page, without any state, asks for it. */
  const errorHandler = async (error: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const failure = known(error)
    markFailed(reply, failure)
    const mayLogIn = failure.code === 'HTTP_UNAUTHORIZED' && formatOf(request) === 'html'
    return mayLogIn ? (await loadPage()).sendPage(reply, null) : reply.send({ error: shown(failure) })
  }
  server.get('/debug', { errorHandler }, async (request, reply) => {
    reply.header('vary', 'accept')
    const format = formatOf(request)
    if (format === 'json') return sendIndented(reply, state())
    const { pageModel, sendPage } = await loadPage()
    const model = pageModel(state())
    return format === 'html' ? sendPage(reply, model) : reply.header('cache-control', 'no-store').send(model)
  })
}

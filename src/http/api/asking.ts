/** What a request says beside its question: whether somebody still waits for the answer, and whether it is explained. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Asking } from '../../query/contract.ts'
import type { Authorise } from './authorise.ts'

/** Aborted when the client leaves before it has the whole answer. */
export function clientGone(reply: FastifyReply): AbortSignal {
  const gone = new AbortController()
  // It may have left while its key was looked at: then nothing will say so any more.
  if (reply.raw.destroyed) gone.abort()
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort()
  })
  return gone.signal
}

/** @throws PipelineError where ?explain is asked for without the scope admin */
export async function askingOf(
  request: FastifyRequest,
  reply: FastifyReply,
  authorise: Authorise,
): Promise<Asking> {
  const { explain } = request.query as { explain?: string }
  const isExplained = explain !== undefined && explain !== 'false'
  if (isExplained) await authorise(request, 'admin')
  return { signal: clientGone(reply), explain: isExplained }
}

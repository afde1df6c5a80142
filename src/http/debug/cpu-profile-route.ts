/**
 * GET /debug/cpu-profile?seconds=10: where the main thread spends its time, for the Performance tab of Chrome's
 * developer tools. Worker threads are not in it: /debug shows their utilisation.
 */
import { Session } from 'node:inspector/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { PipelineError } from '../../errors.ts'
import type { DebugDeps } from '../deps.ts'
import { attachment } from './attachment.ts'
import type { OneAtATime } from './one-at-a-time.ts'

const defaultSeconds = 10
const mostSeconds = 60

/** Of the query; throws HTTP_REQUEST_INVALID. */
function secondsIn(query: unknown): number {
  const { seconds = String(defaultSeconds) } = query as { seconds?: unknown }
  const value = Number(seconds)
  if (typeof seconds === 'string' && /^\d+$/.test(seconds) && value >= 1 && value <= mostSeconds) return value
  throw new PipelineError('HTTP_REQUEST_INVALID', { problem: `write seconds=1 to seconds=${mostSeconds}` })
}

/** V8's own format, as text. Ends early when the signal aborts. */
async function takeProfile(seconds: number, signal: AbortSignal): Promise<string> {
  const session = new Session()
  session.connect()
  try {
    await session.post('Profiler.enable')
    await session.post('Profiler.start')
    // An abort rejects it: then nobody waits for the profile, and it ends like any other.
    await delay(seconds * 1000, null, { signal }).catch(() => undefined)
    const { profile } = await session.post('Profiler.stop')
    return JSON.stringify(profile)
  } finally {
    session.disconnect()
  }
}

export async function cpuProfileRoute(
  server: FastifyInstance,
  { log, turn }: Pick<DebugDeps, 'log'> & { readonly turn: OneAtATime },
): Promise<void> {
  server.get('/debug/cpu-profile', async ({ ip, query }, reply) => {
    const seconds = secondsIn(query)
    const end = turn.begin('CPU profile')
    const gone = new AbortController()
    const giveUp = (): void => gone.abort()
    reply.raw.once('close', giveUp)
    try {
      log.note({ from: ip, seconds }, 'a CPU profile is being taken over HTTP')
      return attachment(reply, 'cpuprofile').send(await takeProfile(seconds, gone.signal))
    } finally {
      reply.raw.off('close', giveUp)
      end()
    }
  })
}

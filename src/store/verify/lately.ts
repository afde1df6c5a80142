/** The storekeeper's look at what was committed lately: the light form of verify, its result as an event. */
import type { Emit } from '../../events.ts'
import { verify } from './index.ts'

const LATELY_MS = 10 * 60_000

/** @throws PipelineError when Postgres does not answer; what verify finds is no error but told by the event */
export async function verifyLately(url: string, emit: Emit): Promise<void> {
  const startedAt = performance.now()
  const { ok, checks } = await verify(url, { sinceMs: Date.now() - LATELY_MS, isLight: true })
  const findings = checks.flatMap(check => check.findings)
  emit('store:verify:completed', { ok, findings, durationMs: performance.now() - startedAt })
}

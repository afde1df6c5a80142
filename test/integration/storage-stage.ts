/** The stage of the tests of storage: a database, what looks after it at a time of the test's choice, and what it tells. */
import type pg from 'pg'
import * as assert from 'uvu/assert'
import { createEvents, type EventName, type Events } from '../../src/events.ts'
import { exclusively } from '../../src/store/storage/exclusive.ts'
import type { IndexKind } from '../../src/store/storage/indexes.ts'
import { listSegments, type SegmentFacts } from '../../src/store/storage/list.ts'
import { removeDue } from '../../src/store/storage/retention.ts'
import { sealDue } from '../../src/store/storage/seal.ts'
import type { TextIndexSetting } from '../../src/store/storage/text-index.ts'
import { watchGrowth } from '../../src/store/storage/watch.ts'
import { verify } from '../../src/store/verify/index.ts'
import { connect } from '../support/segments.ts'
import { database } from '../support/services.ts'

export const MINUTE_MS = 60_000
export const HOUR_MS = 60 * MINUTE_MS
export const ALL: readonly IndexKind[] = ['service', 'trace', 'attrs']
export const at = (time: string): number => Date.parse(time)

/** Events of one database, by name. */
export function recorder() {
  const seen: { name: EventName; event: unknown }[] = []
  const emit = createEvents((name, event) => void seen.push({ name, event }))
  const all = <N extends EventName>(name: N): Events[N][] =>
    seen.filter(one => one.name === name).map(one => one.event as Events[N])
  return { emit, all }
}

export async function stage() {
  const url = await database()
  const client = await connect(url)
  const { emit, all } = recorder()
  const signal = new AbortController().signal
  const exclusive = <T>(task: string, work: (own: pg.Client) => Promise<T>) =>
    exclusively({ url, connectTimeoutMs: 5_000, task, signal }, work)
  return {
    url,
    client,
    all,
    seal: (nowMs: number, indexes = ALL, textIndex: TextIndexSetting = 'off') =>
      exclusive('seal', own => sealDue(own, { sealAfterMs: 2 * HOUR_MS, indexes, textIndex }, nowMs, emit)),
    remove: (nowMs: number, retentionMs: number, maxSizeBytes = 0, isWatched = true) =>
      exclusive('retention', async own => {
        // A minute ago, all was as large as it is now.
        if (isWatched) await watchGrowth(own, nowMs - MINUTE_MS)
        const policy = { retentionMs, maxSizeBytes, sealAfterMs: 2 * HOUR_MS }
        await removeDue(own, policy, nowMs, emit)
      }),
    segments: () => listSegments(async <Row>(sql: string) => (await client.query(sql)).rows as Row[]),
  }
}

export async function assertVerified(url: string, sinceMs: number | null = null): Promise<void> {
  const { checks } = await verify(url, { sinceMs })
  assert.equal(
    checks.flatMap(({ findings }) => findings),
    [],
  )
}

export const statesOf = (segments: readonly SegmentFacts[]): string[] =>
  segments.map(({ segment, state }) => `${segment} ${state}`)

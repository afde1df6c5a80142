/**
 * What a process with the role api answers below /api/v1, put together: queries, keys, dead letters, lag. http/api
 * has the routes; connections are opened by the first request.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { apiWantsKeys, type Config, hasRole } from '../config/index.ts'
import type { PipelineError } from '../errors.ts'
import type { Emit } from '../events.ts'
import type { ApiDeps, LetterQuestion, Letters } from '../http/api/deps.ts'
import { KeyRing } from '../query/key-ring.ts'
import { createQueries } from '../query/queries.ts'
import { ReadPool } from '../query/read-pool.ts'
import { forgetAnswers } from '../redis/cache/forget.ts'
import { replayLetters } from '../replay/index.ts'
import type { ApiSnapshot } from '../snapshot.ts'
import { type LetterFilter, type LetterReader, letterContents, readLetters } from '../store/dead-letters.ts'
import { contentsJson, letterJson } from './dead-letters/text.ts'
import { LagSources } from './lag/sources.ts'
import { createLive } from './live.ts'
import { sharedReading } from './shared-reading.ts'
import { programVersion } from './version.ts'

const MOST_CLOSING_MS = 2_000
const KEYS_TIMEOUT_MS = 5_000
/** The brokers are asked once for all who ask in this time. */
const LAG_AGE_MS = 1_000

export interface Api {
  readonly deps: ApiDeps
  snapshot(): ApiSnapshot
  start(): void
  /** This process committed something: followers of the live tail want to see it. */
  news(): void
  /** After the server is closed. */
  close(): Promise<void>
}

/** Null where the process has no role api. */
export function createApi(config: Config, emit: Emit = () => undefined): Api | null {
  if (!hasRole(config, 'api')) return null
  const live = createLive(config, emit)
  const { http, postgres } = config
  const url = http.api.postgresUrl || postgres.url
  const { connections, queue, statementTimeoutMs } = http.api
  const { connectTimeoutMs } = postgres
  const pool = new ReadPool({
    url,
    connectTimeoutMs,
    statementTimeoutMs,
    connections,
    queue,
    extraColumns: config.columns,
  })
  // Of its own: a key that was revoked must not stay valid for as long as its owner keeps all the others busy.
  const keys = apiWantsKeys(config)
    ? new ReadPool({ url, connectTimeoutMs, statementTimeoutMs: KEYS_TIMEOUT_MS, connections: 1, queue: 1 })
    : null
  const lag = new LagSources(config)
  const readLag = sharedReading(LAG_AGE_MS, () => lag.read())
  return {
    deps: {
      access: keys && new KeyRing(keys),
      rateLimit: http.api.rateLimit,
      corsOrigins: http.api.corsOrigins,
      version: programVersion(),
      queries: createQueries(pool, live.cached, connections),
      letters: lettersOf(config, pool, emit),
      lag: readLag,
      tail: live.tail,
    },
    snapshot: () => ({ reads: pool.load, ...live.snapshot() }),
    start: () => live.start(),
    news: () => live.news(),
    close: async () => {
      const ended = Promise.all([live.stop(), pool.end(), keys?.end(), lag.close()])
      // Clients can hang while closing; the process ends without them.
      await Promise.race([ended, delay(MOST_CLOSING_MS, null, { ref: false })])
    },
  }
}

function lettersOf(config: Config, pool: ReadPool, emit: Emit): Letters {
  const { groupId } = config.kafka
  const filterOf = (question: LetterQuestion): LetterFilter => ({ ...question, groupId })
  const read = <T>(signal: AbortSignal, work: (reader: LetterReader) => Promise<T>): Promise<T> =>
    pool.use('read dead letters', signal, db =>
      work({ query: (task, sql, values = []) => db.rows(task, sql, values) }),
    )
  return {
    list: (question, limit, signal) =>
      read(signal, async reader =>
        (await readLetters(reader, filterOf(question), limit)).map(letter => letterJson(letter)),
      ),
    show: (position, signal) =>
      read(signal, async reader => {
        const [letter] = await readLetters(reader, { groupId, ...position, state: 'any' }, 1)
        const contents = letter === undefined ? null : await letterContents(reader, letter)
        return contents === null ? null : { ...letterJson(letter!), ...contentsJson(contents) }
      }),
    async replay(question, limit) {
      const report = await replayLetters(config, filterOf(question), limit)
      // Rows of old times came in past the announcer.
      await forgetAnswers(config.redis).catch(error =>
        emit('redis:cache:failed', { error: error as PipelineError }),
      )
      return report
    },
  }
}

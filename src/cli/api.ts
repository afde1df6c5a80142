/**
 * What a process with the role api answers below /api/v1, put together: queries, keys, dead letters, lag. http/api
 * has the routes; connections are opened by the first request.
 */
import { setTimeout as delay } from 'node:timers/promises'
import { apiWantsKeys, type Config, hasRole } from '../config/index.ts'
import type { Emit } from '../events.ts'
import type { ApiDeps, LetterQuestion, Letters } from '../http/api/deps.ts'
import { KeyRing } from '../query/key-ring.ts'
import { createQueries } from '../query/queries.ts'
import { ReadPool } from '../query/read-pool.ts'
import { replayLetters } from '../replay/index.ts'
import { StorePool } from '../store/connection.ts'
import { type LetterFilter, letterContents, readLetters } from '../store/dead-letters.ts'
import { contentsJson, letterJson } from './dead-letters/text.ts'
import { LagSources } from './lag/sources.ts'
import { createLive } from './live.ts'
import { programVersion } from './version.ts'

const MOST_CLOSING_MS = 2_000

export interface Api {
  readonly deps: ApiDeps
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
  const store = new StorePool({ url, connectTimeoutMs, access: 'read' })
  const lag = new LagSources(config)
  return {
    deps: {
      access: apiWantsKeys(config) ? new KeyRing(pool) : null,
      rateLimit: http.api.rateLimit,
      corsOrigins: http.api.corsOrigins,
      version: programVersion(),
      queries: createQueries(pool, live.cached, connections),
      letters: lettersOf(config, store),
      lag: () => lag.read(),
      tail: live.tail,
    },
    start: () => live.start(),
    news: () => live.news(),
    close: async () => {
      const ended = Promise.all([live.stop(), pool.end(), store.end(), lag.close()])
      // Clients can hang while closing; the process ends without them.
      await Promise.race([ended, delay(MOST_CLOSING_MS, null, { ref: false })])
    },
  }
}

function lettersOf(config: Config, store: StorePool): Letters {
  const { groupId } = config.kafka
  const filterOf = (question: LetterQuestion): LetterFilter => ({ ...question, groupId })
  return {
    list: async (question, limit) =>
      (await readLetters(store, filterOf(question), limit)).map(letter => letterJson(letter)),
    show: async (topic, partition, offset) => {
      const [letter] = await readLetters(store, { groupId, topic, partition, offset, state: 'any' }, 1)
      const contents = letter === undefined ? null : await letterContents(store, letter)
      return contents === null ? null : { ...letterJson(letter!), ...contentsJson(contents) }
    },
    replay: (question, limit) => replayLetters(config, filterOf(question), limit),
  }
}

/**
 * What a process with the role api has of Redis and of the commits: the cache of answers and the live tail, put
 * together for api.ts. Without Redis both work, by this process's own commits and a look at the ledger each second.
 */
import type { Config } from '../config/index.ts'
import type { Emit } from '../events.ts'
import type { Tail } from '../http/tail/deps.ts'
import { parsePostgresUrl } from '../postgres/url.ts'
import type { Cached } from '../query/cached.ts'
import { ReadPool } from '../query/read-pool.ts'
import { Feed } from '../query/tail/feed.ts'
import { QueryCache } from '../redis/cache/cache.ts'
import { TailBus } from '../redis/tail-bus.ts'
import type { ApiSnapshot } from '../snapshot.ts'
import { programVersion } from './version.ts'

export interface Live {
  readonly cached: Cached
  readonly tail: Tail
  snapshot(): Pick<ApiSnapshot, 'cache' | 'tail'>
  /** This process committed something. */
  news(): void
  start(): void
  stop(): Promise<void>
}

export function createLive(config: Config, emit: Emit): Live {
  const { http, postgres, redis } = config
  const { url, prefix, cacheBudgetBytes: budgetBytes } = redis
  const { statementTimeoutMs, tailFollowers } = http.api
  const cache = new QueryCache({ url, prefix, identity: identityOf(config), budgetBytes, emit })
  // A connection of its own: followers neither wait for other reads nor hold them up.
  const pool = new ReadPool({
    url: readUrlOf(config),
    connectTimeoutMs: postgres.connectTimeoutMs,
    statementTimeoutMs,
    connections: 1,
    queue: tailFollowers,
    extraColumns: config.columns,
  })
  const ending = new AbortController()
  const feed = new Feed({
    use: work => pool.use('follow the tail', ending.signal, work),
    mostFollowers: tailFollowers,
    isTold: () => bus?.isUp ?? false,
    emit,
  })
  const bus = url === '' ? null : new TailBus({ url, prefix, onNews: () => feed.news(), emit })
  return {
    cached: cache.cached,
    tail: {
      follow: (follower, after) => feed.follow(follower, after),
      onSent: records => emit('query:tail:sent', { records }),
      onMissed: records => emit('query:tail:missed', { records }),
    },
    news: () => feed.news(),
    snapshot: () => ({ cache: cache.load, tail: feed.load }),
    start: () => {
      void cache.start()
      bus?.start()
    },
    stop: async () => {
      ending.abort()
      await Promise.all([feed.stop(), bus?.stop(), cache.stop()])
      await pool.end()
    },
  }
}

const readUrlOf = ({ http, postgres }: Config): string => http.api.postgresUrl || postgres.url

/** Two installations may use one Redis, and forget to give it two prefixes. */
function identityOf(config: Config): string {
  const { database, targets, user } = parsePostgresUrl(readUrlOf(config))
  const hosts = targets.map(({ host, port }) => `${host}:${port}`)
  return JSON.stringify([programVersion(), hosts, database ?? user, config.columns])
}

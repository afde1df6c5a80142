/**
 * All questions in one place: each goes through the cache, takes a connection of the pool, and is explained where
 * that is asked for. http/api calls it by its contract.
 */
import { PipelineError } from '../errors.ts'
import { anomalies } from './anomalies.ts'
import type { Cached, Question } from './cached.ts'
import type { Asking, Explained, ExplainedStatement, Queries, Range } from './contract.ts'
import { explaining } from './explain.ts'
import { records } from './export.ts'
import { facets } from './facets.ts'
import { histogram } from './histogram.ts'
import { gaps, services, stats } from './overview.ts'
import type { Db, ReadPool } from './read-pool.ts'
import { record } from './record.ts'
import { search } from './search.ts'
import { dateOf } from './time.ts'

const HOUR_US = 3_600_000_000
/** So many connections stay free of exports, which take as long as their reader. */
const KEPT_FROM_EXPORTS = 1

const allTime: Range = { fromUs: 0, toUs: Date.UTC(2200, 0) * 1000 }
const lastHour = (): Range => {
  const nowUs = Date.now() * 1000
  return { fromUs: nowUs - HOUR_US, toUs: nowUs, isRolling: true }
}

const questionOf = (name: string, params: object, { fromUs, toUs, isRolling = false }: Range): Question => ({
  name,
  params,
  from: dateOf(fromUs),
  to: dateOf(toUs),
  isRolling,
})

/** @param connections of the pool: all but one may be taken by exports */
export function createQueries(pool: ReadPool, cached: Cached, connections: number): Queries {
  const askNow = <T extends object>(name: string, asking: Asking, work: (db: Db) => Promise<T>) =>
    asking.explain ? explained(pool, name, asking, work) : pool.use(name, asking.signal, work)
  const ask = <T extends object>(question: Question, asking: Asking, work: (db: Db) => Promise<T>) =>
    asking.explain
      ? askNow(question.name, asking, work)
      : cached(question, signal => pool.use(question.name, signal, work), asking.signal)
  let exports = 0
  return {
    search: ({ range, ...params }, asking) =>
      ask(questionOf('search', params, range), asking, db => search(db, { range, ...params })),
    record: (position, neighbours, asking) =>
      ask(questionOf('record', { ...position, neighbours }, allTime), asking, db =>
        record(db, position, neighbours),
      ),
    histogram: ({ range, ...params }, asking) =>
      ask(questionOf('histogram', params, range), asking, db => histogram(db, { range, ...params })),
    facets: ({ range, ...params }, asking) =>
      ask(questionOf('facets', params, range), asking, db => facets(db, { range, ...params })),
    services: (range, asking) => ask(questionOf('services', {}, range), asking, db => services(db, range)),
    stats: asking => ask(questionOf('stats', {}, lastHour()), asking, stats),
    gaps: (limit, asking) => ask(questionOf('gaps', { limit }, allTime), asking, db => gaps(db, limit)),
    anomalies: (question, asking) => askNow('anomalies', asking, db => anomalies(db, question)),
    async *records(range, filter, signal) {
      const most = Math.max(1, connections - KEPT_FROM_EXPORTS)
      if (exports >= most) throw new PipelineError('API_BUSY', { exports: most })
      exports += 1
      try {
        const lease = await pool.lease('export logs', signal)
        let isBroken = true
        try {
          yield* records(lease.db, range, filter)
          isBroken = false
        } finally {
          await lease.end(isBroken)
        }
      } finally {
        exports -= 1
      }
    },
  }
}

async function explained<T extends object>(
  pool: ReadPool,
  name: string,
  { signal }: Asking,
  work: (db: Db) => Promise<T>,
): Promise<T & Explained> {
  const statements: ExplainedStatement[] = []
  const answer = await pool.use(name, signal, db => work(explaining(db, statements)))
  return { ...answer, explain: statements }
}

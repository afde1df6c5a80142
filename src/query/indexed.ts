/**
 * Which times have an index for a filter: sealed segments have some (src/store/storage/), and there a search may look
 * at very many records at once. Neighbours: windows.ts, search.ts.
 */
import { Binder } from './conditions.ts'
import type { LogFilter, Range } from './contract.ts'
import type { Db } from './read-pool.ts'
import { isoOf } from './time.ts'
import type { HasIndex } from './windows.ts'

/** pg_trgm finds nothing by fewer letters or digits in a row. */
const TRIGRAM = /[\p{L}\p{N}]{3}/u

/** Names of indexes, as the table segments has them, of which each alone serves the filter. */
function kindsFor({ attrs = [], text, traceId }: LogFilter): string[] {
  return [
    ...(traceId === undefined ? [] : ['trace']),
    ...(attrs.length === 0 ? [] : ['attrs']),
    ...(text !== undefined && TRIGRAM.test(text) ? ['trigram'] : []),
  ]
}

export async function indexedTimes(db: Db, range: Range, filter: LogFilter): Promise<HasIndex> {
  const kinds = kindsFor(filter)
  if (kinds.length === 0) return () => false
  const sql = new Binder()
  const spans = await db.rows<{ from_us: number; to_us: number }>(
    'find indexed segments',
    `select (extract(epoch from from_ts) * 1000000)::float8 as from_us,
       (extract(epoch from to_ts) * 1000000)::float8 as to_us
     from segments where indexes && ${sql.bind(kinds, 'text[]')}
       and to_ts > ${sql.bind(isoOf(range.fromUs), 'timestamptz')}
       and from_ts < ${sql.bind(isoOf(range.toUs), 'timestamptz')}`,
    sql.values,
  )
  return us => spans.some(span => us >= span.from_us && us < span.to_us)
}

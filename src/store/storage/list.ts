/** The segments as they stand, with sizes and indexes: for the storekeeper, metrics and `logcollector storage`. */
import type { RemovalReason, SegmentState } from './policy.ts'

export interface SegmentIndex {
  readonly name: string
  /** False: left over from a build that did not end. */
  readonly isValid: boolean
  readonly bytes: number
}

/** Times are ms since 1970. */
export interface SegmentFacts {
  readonly segment: string
  readonly fromMs: number
  readonly toMs: number
  readonly state: SegmentState
  readonly sealedAtMs: number | null
  /** Names of storage.indexes that it was sealed with. */
  readonly sealedWith: readonly string[]
  /** Why it is on its way out. */
  readonly removal: RemovalReason | null
  /** Postgres' estimate; null before the first ANALYZE. */
  readonly rowsEstimate: number | null
  /** The rows, with what belongs to them. */
  readonly tableBytes: number
  readonly indexBytes: number
  readonly totalBytes: number
  readonly indexes: readonly SegmentIndex[]
}

interface Row {
  segment: string
  from_ts: Date
  to_ts: Date
  state: SegmentState
  sealed_at: Date | null
  sealed_with: string[]
  removal: RemovalReason | null
  rows: string | null
  table_bytes: string
  index_bytes: string
  indexes: SegmentIndex[]
}

const LIST = `
  select s.segment, s.from_ts, s.to_ts, s.state, s.sealed_at, s.indexes as sealed_with, s.removal,
    nullif(c.reltuples, -1)::bigint as rows,
    coalesce(pg_table_size(c.oid), 0) as table_bytes, coalesce(pg_indexes_size(c.oid), 0) as index_bytes,
    coalesce((select json_agg(json_build_object('name', n.relname, 'isValid', i.indisvalid,
        'bytes', coalesce(pg_relation_size(i.indexrelid), 0)) order by i.indexrelid)
      from pg_index i join pg_class n on n.oid = i.indexrelid where i.indrelid = c.oid), '[]') as indexes
  from segments s left join pg_class c on c.oid = to_regclass(quote_ident(s.segment))
  order by s.from_ts, s.segment`

/** Whoever can ask: a pool or a connection, with logcollector in its search path. */
export type Ask = <Row extends object>(sql: string) => Promise<readonly Row[]>

/** By time; those on their way out are among them until they are dropped. */
export async function listSegments(ask: Ask): Promise<SegmentFacts[]> {
  return (await ask<Row>(LIST)).map(factsOf)
}

function factsOf(row: Row): SegmentFacts {
  const tableBytes = Number(row.table_bytes)
  const indexBytes = Number(row.index_bytes)
  return {
    segment: row.segment,
    fromMs: row.from_ts.getTime(),
    toMs: row.to_ts.getTime(),
    state: row.state,
    sealedAtMs: row.sealed_at?.getTime() ?? null,
    sealedWith: row.sealed_with,
    removal: row.removal,
    rowsEstimate: row.rows === null ? null : Number(row.rows),
    tableBytes,
    indexBytes,
    totalBytes: tableBytes + indexBytes,
    indexes: row.indexes,
  }
}

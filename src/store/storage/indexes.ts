/**
 * The search indexes of a sealed segment, by their name in storage.indexes. What they cost to build is in
 * docs/storage.md; seal.ts builds them.
 */
import pg from 'pg'

export const indexKinds = ['service', 'trace', 'attrs', 'text'] as const
/** trigram: as storage.text_index says (text-index.ts). */
export type IndexKind = (typeof indexKinds)[number] | 'trigram'

/** By kind; `schema` is that of pg_trgm. */
const definitions: Readonly<Record<IndexKind, (schema: string) => string>> = {
  service: () => 'btree (service, severity, ts)',
  trace: () => 'btree (trace_id) where trace_id is not null',
  attrs: () => 'gin (attrs jsonb_path_ops)',
  text: () => `gin (to_tsvector('simple', message))`,
  trigram: schema => `gin (message ${schema}.gin_trgm_ops)`,
}

/** Name of an index of a segment: logs_20260131_service. Not quoted. */
export const indexName = (segment: string, kind: IndexKind): string => `${segment}_${kind}`

/** @param trigramSchema where pg_trgm is, quoted where it must be; of no matter for the other kinds */
export const createIndex = (segment: string, kind: IndexKind, trigramSchema: string): string =>
  `create index concurrently ${pg.escapeIdentifier(indexName(segment, kind))} on logcollector.${pg.escapeIdentifier(segment)} using ${definitions[kind](trigramSchema)}`

export const dropIndex = (segment: string, kind: IndexKind): string =>
  `drop index concurrently if exists logcollector.${pg.escapeIdentifier(indexName(segment, kind))}`

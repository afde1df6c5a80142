/**
 * The search indexes of a sealed segment, by their name in storage.indexes. What they cost to build is in
 * docs/storage.md; seal.ts builds them.
 */
export const indexKinds = ['service', 'trace', 'attrs', 'text'] as const
export type IndexKind = (typeof indexKinds)[number]

const definitions: Readonly<Record<IndexKind, string>> = {
  service: 'btree (service, severity, ts)',
  trace: 'btree (trace_id) where trace_id is not null',
  attrs: 'gin (attrs jsonb_path_ops)',
  text: `gin (to_tsvector('simple', message))`,
}

/** Name of an index of a segment: logs_20260131_service. */
export const indexName = (segment: string, kind: IndexKind): string => `${segment}_${kind}`

/** `segment` is a name that ensure_segment made: lower case, digits and underscores. */
export const createIndex = (segment: string, kind: IndexKind): string =>
  `create index concurrently ${indexName(segment, kind)} on logcollector.${segment} using ${definitions[kind]}`

export const dropIndex = (segment: string, kind: IndexKind): string =>
  `drop index concurrently if exists logcollector.${indexName(segment, kind)}`

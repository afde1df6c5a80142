/**
 * What a step of a pipeline sees and does. Steps run in the workers, record by record, between the kernel's scan and
 * its encode; worker-side code makes `Fields` over the kernel's field table.
 */

export type FieldValue = string | number | boolean | null

/**
 * The fields of one record. A name is that of a column (ts, severity, service, host, trace_id, span_id, message) or of
 * an attribute: the key as it stands, else a path whose dots descend into objects.
 */
export interface Fields {
  /** As one would read it; a number, boolean, object or array as its JSON text; null: there is none. */
  text(name: string): string | null
  /** A column keeps its meaning: severity takes a level's name or number, ts a time text or epoch milliseconds. */
  set(name: string, value: FieldValue): void
  /** Moves a value as it is, whatever its type; false: there is none. A column that cannot take it gets its text. */
  rename(from: string, to: string): boolean
  remove(name: string): void
  /** Names of the attributes, in their order. */
  names(): readonly string[]
}

export type Outcome = 'keep' | 'drop'

export interface Step {
  /** As the configuration writes it, such as `grok`. */
  readonly kind: string
  /** Changes the record or leaves it out; `drop` ends the record's way, counted. */
  run(fields: Fields): Outcome
}

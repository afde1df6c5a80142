/**
 * The setting `columns`: a map from a column's name to the field and type that fill it. Read from a YAML map, whose
 * entries keep their places, or from JSON text. Neighbours: values.ts (all other kinds), yaml-file.ts.
 */
import { columnTypes, type ExtraColumn } from '../parse/contract.ts'
import { nearest } from './nearest.ts'
import type { Origin } from './problems.ts'
import { fieldNames } from './settings/shapes.ts'

/** One entry as written. Places are null where the text has none of its own. */
export interface RawColumn {
  readonly name: string
  readonly origin: Origin | null
  readonly fields: readonly RawColumnField[]
}
export interface RawColumnField {
  readonly name: string
  readonly value: string
  readonly origin: Origin | null
}
export interface RawColumns {
  readonly columns: readonly RawColumn[]
}

export type ParsedColumns =
  | { readonly value: readonly ExtraColumn[] }
  | { readonly problem: string; readonly origin: Origin | null }

/** The kernel's table has room for so many (src/kernel/memory-map.ts); a test builds the greatest. */
const MAX_COLUMNS = 32
const NAME = /^[a-z_][a-z0-9_]{0,62}$/
const FIELDS = ['from', 'type']
/** The columns of sql/ and those that Postgres has in every table. */
const TAKEN = new Set([
  ...['ts', 'severity', 'service', 'host', 'trace_id', 'span_id', 'message', 'attrs'],
  ...['topic_id', 'kafka_partition', 'kafka_offset'],
  ...['tableoid', 'xmin', 'cmin', 'xmax', 'cmax', 'ctid'],
])

class ColumnFault extends Error {
  readonly origin: Origin | null
  constructor(problem: string, origin: Origin | null) {
    super(problem)
    this.origin = origin
  }
}

export const acceptedColumns = `a map of at most ${MAX_COLUMNS}: name: { from: field, type: ${columnTypes.join(' | ')} }`

/** Reads the map, in the order of its entries; never throws. */
export function parseColumns(raw: string | RawColumns): ParsedColumns {
  try {
    const { columns } = typeof raw === 'string' ? fromJson(raw) : raw
    if (columns.length > MAX_COLUMNS)
      throw new ColumnFault(
        `has ${columns.length} columns; write at most ${MAX_COLUMNS}`,
        columns[MAX_COLUMNS]!.origin,
      )
    const value: ExtraColumn[] = []
    for (const column of columns) value.push(readColumn(column, value))
    return { value }
  } catch (error) {
    if (error instanceof ColumnFault) return { problem: error.message, origin: error.origin }
    throw error
  }
}

function readColumn({ name, origin, fields }: RawColumn, earlier: readonly ExtraColumn[]): ExtraColumn {
  const refuse = (problem: string, at: Origin | null = origin): never => {
    throw new ColumnFault(`${JSON.stringify(name)} ${problem}`, at ?? origin)
  }
  if (!NAME.test(name)) refuse('is no name of a column; write lower-case letters, digits and "_", at most 63')
  if (TAKEN.has(name)) refuse('is a column that logs already has; write another name')
  if (earlier.some(column => column.name === name)) refuse('is there twice')
  for (const field of fields) {
    if (FIELDS.includes(field.name)) continue
    const meant = nearest(field.name, FIELDS)
    refuse(
      `has no ${field.name}${meant ? `; did you mean ${meant}?` : '; write from and type'}`,
      field.origin,
    )
  }
  const from = fields.find(field => field.name === 'from')
  const type = fields.find(field => field.name === 'type')
  if (!from || !type) return refuse('needs both: { from: field, type: type }')
  const known = columnTypes.find(known => known === type.value)
  if (!known)
    return refuse(
      `has the type ${JSON.stringify(type.value)}; write ${columnTypes.join(' or ')}`,
      type.origin,
    )
  const { accepts, pattern } = fieldNames.shape
  if (!pattern.test(from.value))
    refuse(`comes from ${JSON.stringify(from.value)}; write one of ${accepts}`, from.origin)
  const other = earlier.find(column => column.from === from.value)
  if (other) refuse(`comes from ${from.value}, which fills ${other.name} already`, from.origin)
  return { name, from: from.value, type: known }
}

function fromJson(text: string): RawColumns {
  const malformed = new ColumnFault(`is no JSON object; write ${acceptedColumns}`, null)
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    throw malformed
  }
  if (!isObject(parsed)) throw malformed
  return {
    columns: Object.entries(parsed).map(([name, column]) => {
      if (!isObject(column))
        throw new ColumnFault(`${JSON.stringify(name)} needs { from: field, type: type }`, null)
      const fields = Object.entries(column).map(([key, value]) => ({
        name: key,
        value: typeof value === 'string' ? value : JSON.stringify(value),
        origin: null,
      }))
      return { name, origin: null, fields }
    }),
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** As JSON, which parseColumns reads back. */
export const writeColumns = (columns: readonly ExtraColumn[]): string =>
  JSON.stringify(Object.fromEntries(columns.map(({ name, from, type }) => [name, { from, type }])))

/**
 * What stands below a setting that is more than a value or a list, with the place of every part. Made of YAML by
 * yaml-file.ts, of JSON text here (environment, --set); read by pipelines.ts.
 */
import type { Origin } from './problems.ts'

export type Scalar = string | number | boolean | null

/** Places are null where the text has none of its own. */
export type RawTree = { readonly origin: Origin | null } & (
  | { readonly kind: 'scalar'; readonly value: Scalar }
  | { readonly kind: 'list'; readonly items: readonly RawTree[] }
  | { readonly kind: 'map'; readonly entries: readonly RawEntry[] }
)
export interface RawEntry {
  readonly name: string
  /** Of the name. */
  readonly origin: Origin | null
  readonly value: RawTree
}

/** The tree of a JSON text, or null when it is none. */
export function treeOfJson(text: string): RawTree | null {
  try {
    return treeOf(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

function treeOf(value: unknown): RawTree {
  if (Array.isArray(value)) return { kind: 'list', origin: null, items: value.map(treeOf) }
  if (typeof value !== 'object' || value === null)
    return { kind: 'scalar', origin: null, value: value as Scalar }
  const entries = Object.entries(value).map(([name, child]) => ({ name, origin: null, value: treeOf(child) }))
  return { kind: 'map', origin: null, entries }
}

/** The plain data of a tree. */
export function plainOf(tree: RawTree): unknown {
  if (tree.kind === 'scalar') return tree.value
  if (tree.kind === 'list') return tree.items.map(plainOf)
  return Object.fromEntries(tree.entries.map(({ name, value }) => [name, plainOf(value)]))
}

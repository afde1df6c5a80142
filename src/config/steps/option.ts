/** One option of a step from what is written there. Neighbour: read.ts. */
import type { Option } from '../../parse/steps/schema.ts'
import type { Origin } from '../problems.ts'
import type { RawTree, Scalar } from '../raw-tree.ts'

export type StepValue = string | readonly string[] | Readonly<Record<string, Scalar>>
export type OptionFault = (problem: string, origin: Origin | null) => void

/** Null: there was a fault, and it was told. */
export function optionValue(option: Option, tree: RawTree, fault: OptionFault): StepValue | null {
  switch (option.type) {
    case 'text':
      return textOf(tree, fault)
    case 'choice':
      return choiceOf(option.values, tree, fault)
    case 'list':
    case 'choices':
      return listOf(option, tree, fault)
    case 'map':
    case 'values':
      return mapOf(option.type, tree, fault)
  }
}

function textOf(tree: RawTree, fault: OptionFault): string | null {
  if (tree.kind === 'scalar' && tree.value !== null && tree.value !== '') return String(tree.value)
  fault('expects a text', tree.origin)
  return null
}

function choiceOf(values: readonly string[], tree: RawTree, fault: OptionFault): string | null {
  const text = tree.kind === 'scalar' ? String(tree.value) : null
  if (text !== null && values.includes(text)) return text
  const shown = text === null ? 'this' : JSON.stringify(text)
  fault(`${shown} is not accepted; write ${values.join(' or ')}`, tree.origin)
  return null
}

function listOf(
  option: Extract<Option, { type: 'list' | 'choices' }>,
  tree: RawTree,
  fault: OptionFault,
): readonly string[] | null {
  const items = tree.kind === 'list' ? tree.items : [tree]
  if (items.length === 0) {
    fault('is an empty list; write at least one', tree.origin)
    return null
  }
  const texts: string[] = []
  for (const item of items) {
    const text = option.type === 'choices' ? choiceOf(option.values, item, fault) : textOf(item, fault)
    if (text !== null) texts.push(text)
  }
  return texts.length === items.length ? texts : null
}

function mapOf(
  type: 'map' | 'values',
  tree: RawTree,
  fault: OptionFault,
): Readonly<Record<string, Scalar>> | null {
  if (tree.kind !== 'map' || tree.entries.length === 0) {
    fault('expects lines of "name: value"', tree.origin)
    return null
  }
  const read: [string, Scalar][] = []
  for (const { name, value } of tree.entries) {
    const scalar = type === 'map' ? (textOf(value, fault) ?? undefined) : scalarOf(name, value, fault)
    if (scalar !== undefined) read.push([name, scalar])
  }
  return read.length === tree.entries.length ? Object.fromEntries(read) : null
}

/** Undefined: it is no scalar, or a number that is not what was written. */
function scalarOf(name: string, tree: RawTree, fault: OptionFault): Scalar | undefined {
  if (tree.kind !== 'scalar') {
    fault(`expects one value for ${name}`, tree.origin)
    return undefined
  }
  const { value } = tree
  const isInexact =
    typeof value === 'number' &&
    (!Number.isFinite(value) || (Number.isInteger(value) && !Number.isSafeInteger(value)))
  if (!isInexact) return value
  fault(`cannot hold the number of ${name} exactly; write it in quotes`, tree.origin)
  return undefined
}

/** One option of a step from its YAML node. Neighbour: read.ts. */
import { isMap, isScalar, isSeq } from 'yaml'
import type { Option } from '../../parse/steps/schema.ts'

type Scalar = string | number | boolean | null
export type StepValue = string | readonly string[] | Readonly<Record<string, Scalar>>
export type OptionFault = (problem: string, node: unknown) => void
type Resolve = (node: unknown) => unknown

/** Null: there was a fault, and it was told. */
export function optionValue(
  option: Option,
  given: unknown,
  resolve: Resolve,
  fault: OptionFault,
): StepValue | null {
  switch (option.type) {
    case 'text':
      return textOf(given, resolve, fault)
    case 'choice':
      return choiceOf(option.values, given, resolve, fault)
    case 'list':
    case 'choices':
      return listOf(option, given, resolve, fault)
    case 'map':
    case 'values':
      return mapOf(option.type, given, resolve, fault)
  }
}

/** As written: 007 and 1e3 stay what they are. */
function written(node: unknown): string | null {
  if (!isScalar(node) || node.value === null) return null
  return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
}

function textOf(given: unknown, resolve: Resolve, fault: OptionFault): string | null {
  const text = written(resolve(given))
  if (text !== null && text !== '') return text
  fault('expects a text', given)
  return null
}

function choiceOf(
  values: readonly string[],
  given: unknown,
  resolve: Resolve,
  fault: OptionFault,
): string | null {
  const text = written(resolve(given))
  if (text !== null && values.includes(text)) return text
  const shown = text === null ? 'this' : JSON.stringify(text)
  fault(`${shown} is not accepted; write ${values.join(' or ')}`, given)
  return null
}

function listOf(
  option: Extract<Option, { type: 'list' | 'choices' }>,
  given: unknown,
  resolve: Resolve,
  fault: OptionFault,
): readonly string[] | null {
  const node = resolve(given)
  const items: readonly unknown[] = isSeq(node) ? node.items : [given]
  if (items.length === 0) {
    fault('is an empty list; write at least one', given)
    return null
  }
  const texts = items.map(item =>
    option.type === 'choices' ? choiceOf(option.values, item, resolve, fault) : textOf(item, resolve, fault),
  )
  return texts.some(text => text === null) ? null : (texts as string[])
}

function mapOf(
  type: 'map' | 'values',
  given: unknown,
  resolve: Resolve,
  fault: OptionFault,
): Readonly<Record<string, Scalar>> | null {
  const node = resolve(given)
  if (!isMap(node) || node.items.length === 0) {
    fault('expects lines of "name: value"', given)
    return null
  }
  const entries = node.items.map(({ key, value }) => {
    const name = written(resolve(key))
    const scalar = type === 'map' ? textOf(value, resolve, fault) : scalarOf(value, resolve)
    if (name === null || scalar === undefined)
      fault('expects lines of "name: value" with one value each', key)
    return [name ?? '', scalar ?? null] as const
  })
  return Object.fromEntries(entries)
}

/** Undefined: it is no scalar. A number that JavaScript cannot hold exactly stays a text. */
function scalarOf(given: unknown, resolve: Resolve): Scalar | undefined {
  const node = resolve(given)
  if (node === null) return null
  if (!isScalar(node)) return undefined
  const { value } = node
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value
  const isExact =
    typeof value === 'number' &&
    Number.isFinite(value) &&
    (!Number.isInteger(value) || Number.isSafeInteger(value))
  return isExact ? value : (node.source ?? String(value))
}

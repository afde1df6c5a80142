/**
 * The steps of a pipeline as written, by the table in src/parse/steps/schema.ts; every fault goes to `problems` with
 * its line and the name of the step. Neighbours: option.ts reads one option, write.ts is the inverse, check.ts looks at
 * what only shows when a step is compiled.
 */
import {
  type StepConfig,
  type StepKind,
  type StepSchema,
  stepKinds,
  stepSchemas,
} from '../../parse/steps/schema.ts'
import { nearest } from '../nearest.ts'
import type { ConfigProblem, Origin } from '../problems.ts'
import type { RawTree } from '../raw-tree.ts'
import { optionValue, type StepValue } from './option.ts'

/** A step with the places of its parts, for faults that are found later. */
export interface LocatedStep {
  readonly config: StepConfig
  /** Such as `pipelines.web.steps[2].grok`; steps count from 1. */
  readonly key: string
  readonly origin: Origin
  /** By the name of the option; of what stands below one as `fields.name`. */
  readonly origins: ReadonlyMap<string, Origin>
}

/** Where faults go, and what their place is where the text has none of its own. */
interface Reading {
  readonly problems: ConfigProblem[]
  readonly whole: Origin
}

/**
 * `key` names the list, such as `pipelines.web.steps`; `whole` is the place of what has none, such as the environment
 * variable. Steps with a fault are left out.
 */
export function readSteps(
  tree: RawTree,
  key: string,
  whole: Origin,
  problems: ConfigProblem[],
): readonly LocatedStep[] {
  const reading = { problems, whole }
  if (tree.kind === 'scalar' && tree.value === null) return []
  if (tree.kind !== 'list') {
    report(reading, key, 'expects a list of steps, one a line as "- kind: …"', tree.origin)
    return []
  }
  return tree.items.flatMap((item, index) => readStep(item, `${key}[${index + 1}]`, reading) ?? [])
}

function report(reading: Reading, key: string, problem: string, origin: Origin | null): void {
  reading.problems.push({ key, problem, origin: origin ?? reading.whole })
}

const nothing = (origin: Origin | null): RawTree => ({ kind: 'scalar', origin, value: null })

/** `- severity` or `- grok: …`. */
function readStep(tree: RawTree, key: string, reading: Reading): LocatedStep | null {
  if (tree.kind === 'scalar' && typeof tree.value === 'string')
    return readKind(tree.value, tree.origin, nothing(tree.origin), key, reading)
  const entry = tree.kind === 'map' && tree.entries.length === 1 ? tree.entries[0]! : null
  if (entry) return readKind(entry.name, entry.origin, entry.value, key, reading)
  const problem = `expects one kind of step, such as "- grok: …"; the kinds are ${stepKinds.join(', ')}`
  report(reading, key, problem, tree.origin)
  return null
}

function readKind(
  name: string,
  origin: Origin | null,
  below: RawTree,
  key: string,
  reading: Reading,
): LocatedStep | null {
  const kind = stepKinds.find(known => known === name)
  if (!kind) {
    const meant = nearest(name, stepKinds)
    const hint = meant ? `did you mean ${meant}?` : `the kinds are ${stepKinds.join(', ')}`
    report(reading, `${key}.${name}`, `is no step; ${hint}`, origin)
    return null
  }
  const place = `${key}.${kind}`
  const options = readOptions(stepSchemas[kind], below, origin, place, reading)
  if (!options) return null
  const config = configOf(kind, options.values)
  return { config, key: place, origin: origin ?? reading.whole, origins: options.origins }
}

/** The table was followed, so the types hold. */
const configOf = (kind: StepKind, options: Readonly<Record<string, StepValue>>): StepConfig =>
  ({ kind, options }) as unknown as StepConfig

interface ReadOptions {
  readonly values: Readonly<Record<string, StepValue>>
  readonly origins: ReadonlyMap<string, Origin>
}

/** Null: there was a fault. */
function readOptions(
  schema: StepSchema,
  below: RawTree,
  origin: Origin | null,
  key: string,
  reading: Reading,
): ReadOptions | null {
  const before = reading.problems.length
  const trees = optionTrees(schema, below, key, reading)
  const values: Record<string, StepValue> = {}
  const origins = new Map<string, Origin>()
  for (const [name, option] of Object.entries(schema.options)) {
    const tree = trees.get(name)
    if (tree === undefined) {
      const missing = schema.whole ? 'something below it' : `the option "${name}"`
      if ('default' in option) values[name] = option.default
      else report(reading, key, `needs ${missing}: ${option.help}`, origin)
      continue
    }
    const place = schema.whole ? key : `${key}.${name}`
    const value = optionValue(option, tree, (problem, at) => report(reading, place, problem, at))
    if (value !== null) values[name] = value
    notePlaces(tree, name, origins)
  }
  return reading.problems.length === before ? { values, origins } : null
}

function notePlaces(tree: RawTree, name: string, origins: Map<string, Origin>): void {
  if (tree.origin) origins.set(name, tree.origin)
  if (tree.kind !== 'map') return
  for (const entry of tree.entries) if (entry.origin) origins.set(`${name}.${entry.name}`, entry.origin)
}

/** What stands at each option that is written; the short form is one of them. */
function optionTrees(
  schema: StepSchema,
  below: RawTree,
  key: string,
  reading: Reading,
): ReadonlyMap<string, RawTree> {
  if (below.kind === 'scalar' && below.value === null) return new Map()
  if (schema.whole) return new Map([[Object.keys(schema.options)[0]!, below]])
  if (below.kind !== 'map') {
    if (schema.short) return new Map([[schema.short, below]])
    report(reading, key, `expects options below it: ${Object.keys(schema.options).join(', ')}`, below.origin)
    return new Map()
  }
  const found = new Map<string, RawTree>()
  for (const { name, origin, value } of below.entries) {
    if (Object.hasOwn(schema.options, name)) found.set(name, value)
    else report(reading, `${key}.${name}`, unknownOption(name, schema), origin)
  }
  return found
}

function unknownOption(name: string, schema: StepSchema): string {
  const names = Object.keys(schema.options)
  const meant = nearest(name, names)
  return `is no option; ${meant ? `did you mean ${meant}?` : `there are ${names.join(', ')}`}`
}

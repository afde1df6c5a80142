/**
 * The steps of a pipeline from YAML, by the table in src/parse/steps/schema.ts; every fault goes to `problems` with its
 * line and the name of the step. Neighbours: option.ts reads one option, check.ts looks at what only shows when a step
 * is compiled.
 */
import { isMap, isScalar, isSeq, type Pair } from 'yaml'
import {
  type StepConfig,
  type StepKind,
  type StepSchema,
  stepKinds,
  stepSchemas,
} from '../../parse/steps/schema.ts'
import { nearest } from '../nearest.ts'
import type { ConfigProblem, Origin } from '../problems.ts'
import { type OptionFault, optionValue, type StepValue } from './option.ts'

/** How the reader of the file finds its way; yaml-file.ts has one. */
export interface StepReading {
  /** The place of a node. */
  readonly locate: (node: unknown) => Origin
  /** What an alias stands for; another node as it is. */
  readonly resolve: (node: unknown) => unknown
  readonly problems: ConfigProblem[]
}

/** A step with the places of its parts, for faults that are found later. */
export interface LocatedStep {
  readonly config: StepConfig
  /** Such as `pipelines.web.steps[2].grok`; steps count from 1. */
  readonly key: string
  readonly origin: Origin
  /** By the name of the option. */
  readonly origins: ReadonlyMap<string, Origin>
}

/** `key` names the list, such as `pipelines.web.steps`. Steps with a fault are left out. */
export function readSteps(given: unknown, key: string, reading: StepReading): readonly LocatedStep[] {
  const node = reading.resolve(given)
  if (isScalar(node) && node.value === null) return []
  if (!isSeq(node)) {
    report(reading, key, 'expects a list of steps, one a line as "- kind: …"', given)
    return []
  }
  return node.items.flatMap((item, index) => readStep(item, `${key}[${index + 1}]`, reading) ?? [])
}

function report({ problems, locate }: StepReading, key: string, problem: string, node: unknown): void {
  problems.push({ key, problem, origin: locate(node) })
}

/** `- severity` or `- grok: …`. */
function readStep(given: unknown, key: string, reading: StepReading): LocatedStep | null {
  const node = reading.resolve(given)
  if (isScalar(node) && typeof node.value === 'string') return readKind(node.value, given, null, key, reading)
  const pair = isMap(node) && node.items.length === 1 ? node.items[0]! : null
  if (pair) return readKind(nameOf(pair), pair.key, pair.value, key, reading)
  const problem = `expects one kind of step, such as "- grok: …"; the kinds are ${stepKinds.join(', ')}`
  report(reading, key, problem, given)
  return null
}

const nameOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : String(key))

function readKind(
  name: string,
  at: unknown,
  given: unknown,
  key: string,
  reading: StepReading,
): LocatedStep | null {
  const kind = stepKinds.find(known => known === name)
  if (!kind) {
    const meant = nearest(name, stepKinds)
    const hint = meant ? `did you mean ${meant}?` : `the kinds are ${stepKinds.join(', ')}`
    report(reading, `${key}.${name}`, `is no step; ${hint}`, at)
    return null
  }
  const place = `${key}.${kind}`
  const options = readOptions(stepSchemas[kind], given, at, place, reading)
  if (!options) return null
  return {
    config: configOf(kind, options.values),
    key: place,
    origin: reading.locate(at),
    origins: options.origins,
  }
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
  given: unknown,
  at: unknown,
  key: string,
  reading: StepReading,
): ReadOptions | null {
  const before = reading.problems.length
  const nodes = optionNodes(schema, given, key, reading)
  const values: Record<string, StepValue> = {}
  const origins = new Map<string, Origin>()
  for (const [name, option] of Object.entries(schema.options)) {
    const node = nodes.get(name)
    if (node === undefined) {
      if ('default' in option) values[name] = option.default
      else
        report(
          reading,
          key,
          `needs ${schema.whole ? 'something below it' : `the option "${name}"`}: ${option.help}`,
          at,
        )
      continue
    }
    const place = schema.whole ? key : `${key}.${name}`
    const fault: OptionFault = (problem, where) => report(reading, place, problem, where)
    const value = optionValue(option, node, reading.resolve, fault)
    if (value !== null) values[name] = value
    origins.set(name, reading.locate(node))
    noteInner(node, name, origins, reading)
  }
  return reading.problems.length === before ? { values, origins } : null
}

/** Places of the entries of a map, as `fields.name`. */
function noteInner(given: unknown, name: string, origins: Map<string, Origin>, reading: StepReading): void {
  const node = reading.resolve(given)
  if (!isMap(node)) return
  for (const pair of node.items) origins.set(`${name}.${nameOf(pair)}`, reading.locate(pair.key))
}

/** The node of each option that is written; the short form is the node of one. */
function optionNodes(
  schema: StepSchema,
  given: unknown,
  key: string,
  reading: StepReading,
): ReadonlyMap<string, unknown> {
  const node = reading.resolve(given)
  if (node === null || (isScalar(node) && node.value === null)) return new Map()
  if (schema.whole) return new Map([[Object.keys(schema.options)[0]!, given]])
  if (!isMap(node)) {
    if (schema.short) return new Map([[schema.short, given]])
    report(reading, key, `expects options below it: ${Object.keys(schema.options).join(', ')}`, given)
    return new Map()
  }
  const found = new Map<string, unknown>()
  for (const pair of node.items) {
    const name = nameOf(pair)
    if (Object.hasOwn(schema.options, name)) found.set(name, pair.value)
    else report(reading, `${key}.${name}`, unknownOption(name, schema), pair.key)
  }
  return found
}

function unknownOption(name: string, schema: StepSchema): string {
  const names = Object.keys(schema.options)
  const meant = nearest(name, names)
  return `is no option; ${meant ? `did you mean ${meant}?` : `there are ${names.join(', ')}`}`
}

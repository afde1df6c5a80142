/**
 * The setting `pipelines`: a list of { name, topics, format, aliases, steps }, read from YAML or from JSON text.
 * Neighbours: values.ts (all other kinds), yaml-file.ts, parser-settings.ts (what becomes of it in the workers).
 */
import {
  type Pipeline,
  type PipelineStep,
  type PromotedColumn,
  promotedColumns,
  type RecordFormat,
  recordFormats,
} from '../parse/contract.ts'
import type { StepConfig } from '../parse/steps/schema.ts'
import { nearest } from './nearest.ts'
import type { ConfigProblem, Origin } from './problems.ts'
import { plainOf, type RawEntry, type RawTree, treeOfJson } from './raw-tree.ts'
import { fieldNames, topicItem } from './settings/shapes.ts'
import { type LocatedStep, readSteps } from './steps/read.ts'
import { writeStep } from './steps/write.ts'

export type ParsedPipelines =
  | { readonly value: readonly Pipeline[] }
  | { readonly problem: string; readonly origin: Origin | null }

export const MAX_PIPELINES = 64
const MAX_TOPICS = 1000
const MAX_STEPS = 64
const NAME = /^[\w.-]{1,63}$/
const FIELDS = ['name', 'topics', 'format', 'aliases', 'steps']

class PipelineFault extends Error {
  readonly origin: Origin | null
  constructor(problem: string, origin: Origin | null) {
    super(problem)
    this.origin = origin
  }
}

export const acceptedPipelines = `a list of at most ${MAX_PIPELINES}: { name: text, topics: [name or /expression/], format: ${recordFormats.join(' | ')}, aliases: { column: [fields] }, steps: [step] }`

/** Reads the list; never throws. */
export function parsePipelines(raw: string | RawTree): ParsedPipelines {
  try {
    const tree = typeof raw === 'string' ? treeOfJson(raw) : raw
    if (tree === null || tree.kind !== 'list')
      throw new PipelineFault(`is no list; write ${acceptedPipelines}`, tree?.origin ?? null)
    if (tree.items.length > MAX_PIPELINES)
      throw new PipelineFault(`has more than ${MAX_PIPELINES} items`, tree.items[MAX_PIPELINES]!.origin)
    const value: Pipeline[] = []
    for (const item of tree.items) value.push(readPipeline(item, value))
    return { value }
  } catch (error) {
    if (error instanceof PipelineFault) return { problem: error.message, origin: error.origin }
    throw error
  }
}

function readPipeline(tree: RawTree, earlier: readonly Pipeline[]): Pipeline {
  const who = `item ${earlier.length + 1}`
  if (tree.kind !== 'map') throw new PipelineFault(`${who} needs name and topics`, tree.origin)
  const known = entriesOf(tree.entries, FIELDS, who)
  const name = known.get('name')?.value
  const topics = known.get('topics')?.value
  if (!name || !topics) throw new PipelineFault(`${who} needs both name and topics`, tree.origin)
  const title = textOf(name, `${who}: name`)
  if (!NAME.test(title))
    throw new PipelineFault(
      `${who}: ${JSON.stringify(title)} is no name; write letters, digits, ".", "_" and "-", at most 63`,
      name.origin,
    )
  if (earlier.some(other => other.name === title))
    throw new PipelineFault(`${JSON.stringify(title)} is there twice`, name.origin)
  return {
    name: title,
    topics: readTopics(topics, title, earlier),
    format: readFormat(known.get('format')?.value, title),
    aliases: readAliases(known.get('aliases')?.value, title),
    steps: readStepsOf(known.get('steps')?.value, title),
  }
}

/** By name. @throws PipelineFault for a name that is unknown or there twice */
function entriesOf(
  entries: readonly RawEntry[],
  names: readonly string[],
  who: string,
): Map<string, RawEntry> {
  const found = new Map<string, RawEntry>()
  for (const entry of entries) {
    if (!names.includes(entry.name)) {
      const meant = nearest(entry.name, names)
      const hint = meant ? `did you mean ${meant}?` : `write ${names.join(', ')}`
      throw new PipelineFault(`${who} has no ${entry.name}; ${hint}`, entry.origin)
    }
    if (found.has(entry.name)) throw new PipelineFault(`${who} has ${entry.name} twice`, entry.origin)
    found.set(entry.name, entry)
  }
  return found
}

function textOf(tree: RawTree, what: string): string {
  if (tree.kind !== 'scalar' || tree.value === null)
    throw new PipelineFault(`${what} expects one text`, tree.origin)
  return String(tree.value)
}

const textsOf = (tree: RawTree, what: string): readonly { text: string; origin: Origin | null }[] =>
  (tree.kind === 'list' ? tree.items : [tree]).map(item => ({
    text: textOf(item, what),
    origin: item.origin,
  }))

function readTopics(tree: RawTree, name: string, earlier: readonly Pipeline[]): readonly string[] {
  const items = textsOf(tree, `${name}: topics`)
  if (items.length === 0 || items.length > MAX_TOPICS)
    throw new PipelineFault(`${name}: topics expects 1 to ${MAX_TOPICS} ${topicItem.accepts}`, tree.origin)
  for (const { text, origin } of items) {
    if (!topicItem.pattern.test(text) || !isExpression(text))
      throw new PipelineFault(
        `${name}: ${JSON.stringify(text)} is not accepted; write ${topicItem.accepts}`,
        origin,
      )
    const other = earlier.find(({ topics }) => topics.includes(text))
    if (other) throw new PipelineFault(`${name}: the topic ${text} belongs to ${other.name} already`, origin)
  }
  return [...new Set(items.map(({ text }) => text))]
}

/** Of what stands between slashes. */
function isExpression(text: string): boolean {
  if (!text.startsWith('/')) return true
  try {
    return new RegExp(text.slice(1, -1)) !== null
  } catch (error) {
    if (error instanceof SyntaxError) return false
    throw error
  }
}

function readFormat(tree: RawTree | undefined, name: string): RecordFormat | null {
  if (tree === undefined) return null
  const text = textOf(tree, `${name}: format`)
  const known = recordFormats.find(format => format === text)
  if (known) return known
  const meant = nearest(text, recordFormats)
  const hint = meant ? `did you mean ${meant}?` : `write ${recordFormats.join(' or ')}`
  throw new PipelineFault(`${name}: there is no format ${JSON.stringify(text)}; ${hint}`, tree.origin)
}

function readAliases(
  tree: RawTree | undefined,
  name: string,
): Readonly<Partial<Record<PromotedColumn, readonly string[]>>> {
  if (tree === undefined) return {}
  if (tree.kind !== 'map')
    throw new PipelineFault(`${name}: aliases expects lines as "column: [fields]"`, tree.origin)
  const known = entriesOf(tree.entries, promotedColumns, `${name}: aliases`)
  return Object.fromEntries(
    [...known].map(([column, { value }]) => [column, readNames(value, `${name}: aliases.${column}`)]),
  )
}

function readNames(tree: RawTree, what: string): readonly string[] {
  const items = textsOf(tree, what)
  if (items.length > fieldNames.maxItems)
    throw new PipelineFault(
      `${what} has ${items.length} items; write at most ${fieldNames.maxItems}`,
      tree.origin,
    )
  const { accepts, pattern } = fieldNames.shape
  const wrong = items.find(({ text }) => !pattern.test(text))
  if (wrong)
    throw new PipelineFault(`${what}: ${JSON.stringify(wrong.text)} is none of ${accepts}`, wrong.origin)
  return items.map(({ text }) => text)
}

/** By steps/read.ts, whose first fault is the pipeline's. */
function readStepsOf(tree: RawTree | undefined, name: string): readonly PipelineStep[] {
  if (tree === undefined) return []
  if (tree.kind === 'list' && tree.items.length > MAX_STEPS)
    throw new PipelineFault(`${name}: steps expects a list of at most ${MAX_STEPS}`, tree.origin)
  const problems: ConfigProblem[] = []
  const steps = readSteps(tree, `${name}.steps`, NOWHERE, problems)
  const [fault] = problems
  if (fault) throw new PipelineFault(`${fault.key}: ${fault.problem}`, placeOf(fault.origin))
  return steps.map(({ config }) => config)
}

/** Of what has no place of its own. */
const NOWHERE: Origin = { source: 'derived' }
const placeOf = (origin: Origin): Origin | null => (origin === NOWHERE ? null : origin)

/** The steps of all pipelines with their places, of a value that parsePipelines takes. */
export function locatedSteps(raw: string | RawTree, whole: Origin): readonly LocatedStep[] {
  const tree = typeof raw === 'string' ? treeOfJson(raw) : raw
  if (tree?.kind !== 'list') return []
  return tree.items.flatMap(item => {
    const part = (name: string) =>
      item.kind === 'map' ? item.entries.find(entry => entry.name === name)?.value : undefined
    const [name, steps] = [part('name'), part('steps')]
    return name === undefined || steps === undefined
      ? []
      : readSteps(steps, `pipelines.${String(plainOf(name))}.steps`, whole, [])
  })
}

/** As JSON, which parsePipelines reads back. */
export const writePipelines = (pipelines: readonly Pipeline[]): string =>
  JSON.stringify(
    pipelines.map(({ name, topics, format, aliases, steps }) => ({
      name,
      topics,
      ...(format === null ? {} : { format }),
      ...(Object.keys(aliases).length === 0 ? {} : { aliases }),
      ...(steps.length === 0 ? {} : { steps: steps.map(step => writeStep(step as StepConfig)) }),
    })),
  )

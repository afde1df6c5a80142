/**
 * Reads logcollector.yaml into one raw value per key, each with its line and column. Neighbours: environment.ts
 * reads the other source, load.ts joins them.
 */
import { readFileSync } from 'node:fs'
import {
  isAlias,
  isCollection,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml'
import { messageOf } from '../errors.ts'
import type { RawColumn, RawColumns } from './columns.ts'
import { nearest } from './nearest.ts'
import type { ConfigProblem, Origin } from './problems.ts'
import type { RawTree, Scalar } from './raw-tree.ts'
import { type Setting, type SettingKey, settingKeys, settingOf, settings } from './settings/index.ts'
import type { RawValue } from './values.ts'

export interface RawSetting {
  readonly raw: RawValue
  readonly origin: Origin
}
export type RawSettings = Map<SettingKey, RawSetting>

interface Reading {
  readonly locate: (node: unknown) => Origin
  readonly resolve: (node: unknown) => unknown
  readonly found: RawSettings
  readonly problems: ConfigProblem[]
}

const groups = new Set(
  settingKeys.flatMap(key => {
    const names = key.split('.')
    return names.slice(1).map((_, depth) => names.slice(0, depth + 1).join('.'))
  }),
)

/** What the file sets; faults go to `problems`. A file that cannot be read is a problem too. */
export function readYamlFile(file: string, problems: ConfigProblem[]): RawSettings {
  try {
    return readYaml(readFileSync(file, 'utf8'), file, problems)
  } catch (error) {
    problems.push({
      key: null,
      problem: `cannot be read: ${messageOf(error)}`,
      origin: { source: 'command line', name: file },
    })
    return new Map()
  }
}

/** The same for text; `file` only names it. */
export function readYaml(text: string, file: string, problems: ConfigProblem[]): RawSettings {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const at = (offset: number): Origin => {
    const { line, col } = lines.linePos(offset)
    return { source: 'file', file, line, column: col }
  }
  const faults = [...document.errors, ...document.warnings]
  for (const fault of faults) problems.push({ key: null, problem: fault.message, origin: at(fault.pos[0]) })
  const found: RawSettings = new Map()
  if (faults.length > 0 || document.contents === null) return found
  let aliases = 0
  const reading: Reading = {
    locate: node => at((node as Node | null)?.range?.[0] ?? 0),
    resolve: node => {
      if (!isAlias(node)) return node
      aliases += 1
      if (aliases > MOST_ALIASES) throw new TooManyAliases(at(node.range?.[0] ?? 0))
      return node.resolve(document)
    },
    found,
    problems,
  }
  try {
    readGroup(document.contents, '', reading)
  } catch (error) {
    if (!(error instanceof TooManyAliases)) throw error
    const problem = `uses more than ${MOST_ALIASES} aliases, counted where they are used; write the values out`
    problems.push({ key: null, problem, origin: error.origin })
  }
  return found
}

/** A few lines of aliases of aliases, or one of itself, stand for more than fits in memory. */
const MOST_ALIASES = 1_000

class TooManyAliases extends Error {
  readonly origin: Origin
  constructor(origin: Origin) {
    super()
    this.origin = origin
  }
}

function readGroup(given: unknown, prefix: string, reading: Reading): void {
  const node = reading.resolve(given)
  if (isMap(node)) {
    for (const pair of node.items) readPair(pair, prefix, reading)
    return
  }
  // A group whose lines are all commented out is null, and means nothing.
  if (isScalar(node) && node.value === null) return
  const problem = 'expects settings below it, one a line as "name: value"'
  reading.problems.push({ key: prefix === '' ? null : prefix, problem, origin: reading.locate(given) })
}

function readPair(pair: Pair, prefix: string, reading: Reading): void {
  const name = isScalar(pair.key) ? String(pair.key.value) : String(pair.key)
  const key = prefix === '' ? name : `${prefix}.${name}`
  if (groups.has(key)) {
    readGroup(pair.value, key, reading)
    return
  }
  const origin = reading.locate(pair.value ?? pair.key)
  if (!isSettingKey(key)) {
    reading.problems.push({ key, problem: unknownKey(name, key, prefix), origin: reading.locate(pair.key) })
    return
  }
  const node = reading.resolve(pair.value)
  const raw = rawFor(settingOf(key).type, node, reading)
  if (raw === null) {
    const problem = 'expects a value or a list of values'
    reading.problems.push({ key, problem, origin })
  } else if (reading.found.has(key)) {
    reading.problems.push({ key, problem: 'is set twice', origin })
  } else {
    reading.found.set(key, { raw, origin })
  }
}

function rawFor(type: Setting['type'], node: unknown, reading: Reading): RawValue | null {
  if (type === 'pipelines' && isCollection(node)) return treeOf(node, reading)
  return isMap(node) && type === 'columns' ? columnsOf(node, reading) : rawOf(node, reading)
}

/** All that stands below a node, each part with its place. */
function treeOf(given: unknown, reading: Reading): RawTree {
  const node = reading.resolve(given)
  const origin = reading.locate(given)
  if (isSeq(node)) return { kind: 'list', origin, items: node.items.map(item => treeOf(item, reading)) }
  if (!isMap(node)) {
    const value = isScalar(node) ? node.value : null
    const isPlain = ['string', 'number', 'boolean'].includes(typeof value)
    return { kind: 'scalar', origin, value: isPlain ? (value as Scalar) : null }
  }
  const entries = node.items.map(({ key, value }) => ({
    name: isScalar(key) ? String(key.value) : String(key),
    origin: reading.locate(key),
    value: treeOf(value, reading),
  }))
  return { kind: 'map', origin, entries }
}

/** A map of maps, each entry with its place; what is no map has no fields. */
function columnsOf(map: YAMLMap, reading: Reading): RawColumns {
  const entries = (node: unknown) => {
    const resolved = reading.resolve(node)
    return isMap(resolved) ? resolved.items : []
  }
  const nameOf = ({ key }: Pair): string => (isScalar(key) ? String(key.value) : String(key))
  const columns = entries(map).map(
    (pair): RawColumn => ({
      name: nameOf(pair),
      origin: reading.locate(pair.key),
      fields: entries(pair.value).map(field => ({
        name: nameOf(field),
        value: String(rawOf(reading.resolve(field.value), reading) ?? ''),
        origin: reading.locate(field.value ?? field.key),
      })),
    }),
  )
  return { columns }
}

/** Scalars are taken as written (0x1F, 1e3 and 007 stay text), so that one parser reads every source. */
function rawOf(node: unknown, reading: Reading): string | readonly string[] | null {
  if (isScalar(node)) {
    if (node.value === null) return null
    return typeof node.value === 'string' ? node.value : (node.source ?? String(node.value))
  }
  if (!isSeq(node)) return null
  const items = node.items.map(item => rawOf(reading.resolve(item), reading))
  return items.every(item => typeof item === 'string') ? items : null
}

/** Whether a text is the key of a setting. */
export const isSettingKey = (key: string): key is SettingKey => Object.hasOwn(settings, key)

/** Looks among the neighbours first, then for the same last word anywhere. */
export function unknownKey(name: string, key: string, prefix = ''): string {
  const inside = prefix === '' ? '' : `${prefix}.`
  const siblings = [...settingKeys, ...groups].filter(
    known => known.startsWith(inside) && !known.slice(inside.length).includes('.'),
  )
  const sibling = nearest(
    name,
    siblings.map(known => known.slice(inside.length)),
  )
  const elsewhere = settingKeys.find(known => known.endsWith(`.${name}`)) ?? nearest(key, settingKeys)
  const meant = sibling === null ? elsewhere : `${inside}${sibling}`
  return `is no setting${meant ? `; did you mean ${meant}?` : '; "logcollector config --help" lists them all'}`
}

/**
 * The configuration object's type, derived from the table of settings, and the way from a key to its place.
 * Names are in camelCase and end in their unit: kafka.session_timeout → config.kafka.sessionTimeoutMs.
 */
import type { ExtraColumn, Pipeline } from '../parse/contract.ts'
import { type SettingKey, settingOf, type settings } from './settings/index.ts'

type Table = typeof settings

type ValueOf<S> = S extends { type: 'int' | 'bytes' | 'duration' }
  ? number
  : S extends { type: 'bool' }
    ? boolean
    : S extends { type: 'list' }
      ? readonly string[]
      : S extends { type: 'enum'; values: readonly (infer V)[] }
        ? V
        : S extends { type: 'start' }
          ? StartPosition
          : S extends { type: 'columns' }
            ? readonly ExtraColumn[]
            : S extends { type: 'pipelines' }
              ? readonly Pipeline[]
              : string

type Camel<S extends string> = S extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : S
type WithUnit<Name extends string, S> = S extends { type: 'duration' }
  ? `${Name}Ms`
  : S extends { type: 'bytes' }
    ? Name extends `${string}Bytes`
      ? Name
      : `${Name}Bytes`
    : Name
type Place<Key extends string, S> = Key extends `${infer Head}.${infer Tail}`
  ? { readonly [K in Camel<Head>]: Place<Tail, S> }
  : { readonly [K in WithUnit<Camel<Key>, S>]: ValueOf<S> }
type Intersected<U> = (U extends unknown ? (part: U) => void : never) extends (whole: infer I) => void
  ? I
  : never
type Merged<T> = T extends readonly unknown[] ? T : T extends object ? { [K in keyof T]: Merged<T[K]> } : T

/** Where a topic begins on the first start; a number is a time in ms since 1970. */
export type StartPosition = 'earliest' | 'latest' | number

/** Every setting, checked and frozen. Sizes are in bytes, durations in ms. */
export type Config = Merged<Intersected<{ [K in SettingKey]: Place<K, Table[K]> }[SettingKey]>>

/** What a setting may hold. */
export type SettingValue =
  | string
  | number
  | boolean
  | readonly string[]
  | readonly ExtraColumn[]
  | readonly Pipeline[]

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase())

/** The way through the configuration object to a key's value. */
export function placeOf(key: SettingKey): readonly string[] {
  const place = key.split('.').map(camel)
  const { type } = settingOf(key)
  const leaf = place.pop() ?? ''
  if (type === 'duration') return [...place, `${leaf}Ms`]
  if (type === 'bytes' && !leaf.endsWith('Bytes')) return [...place, `${leaf}Bytes`]
  return [...place, leaf]
}

interface Node {
  [name: string]: SettingValue | Node
}

/** Builds the frozen object from one value per key. */
export function buildConfig(values: ReadonlyMap<SettingKey, SettingValue>): Config {
  const root: Node = {}
  for (const [key, value] of values) {
    const place = placeOf(key)
    let node = root
    for (const name of place.slice(0, -1)) {
      node[name] ??= {}
      node = node[name] as Node
    }
    node[place.at(-1)!] = value
  }
  return frozen(root) as unknown as Config
}

function frozen<T extends object>(node: T): T {
  for (const child of Object.values(node)) if (typeof child === 'object' && child !== null) frozen(child)
  return Object.freeze(node)
}

/** The value of a key. */
export function valueAt(config: Config, key: SettingKey): SettingValue {
  let node = config as unknown as SettingValue | Node
  for (const name of placeOf(key)) node = (node as Node)[name]!
  return node as SettingValue
}

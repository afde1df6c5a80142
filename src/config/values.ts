/**
 * Text to value and back, for every type of setting; used for files, environment, command line and defaults.
 * Problems say what is accepted; they quote the value unless the setting is secret.
 */

import type { ExtraColumn, Pipeline } from '../parse/contract.ts'
import { hostListOf } from '../postgres/url.ts'
import { acceptedColumns, parseColumns, type RawColumns, writeColumns } from './columns.ts'
import { acceptedPipelines, parsePipelines, writePipelines } from './pipelines.ts'
import type { Origin } from './problems.ts'
import type { RawTree } from './raw-tree.ts'
import type { ListSetting, NumberSetting, Setting } from './settings/index.ts'
import type { SettingValue, StartPosition } from './types.ts'

/** As written: one text, a list of them, a map of columns, or a tree. */
export type RawValue = string | readonly string[] | RawColumns | RawTree
/** A problem may have a place of its own inside the value. */
export type Parsed =
  | { readonly value: SettingValue }
  | { readonly problem: string; readonly origin?: Origin | null }

/** Units with their size, greatest first: bytes and milliseconds. */
const byteUnits = [
  ['GiB', 2 ** 30],
  ['MiB', 2 ** 20],
  ['KiB', 2 ** 10],
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
  ['B', 1],
] as const
const durationUnits = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const

const accepted = {
  int: 'a whole number',
  bytes: 'a size such as 65536, 512KiB, 96MiB or 1GiB',
  duration: 'a duration with its unit, such as 500ms, 30s, 5m, 2h or 7d',
  bool: 'true or false',
  start: 'earliest, latest or a time such as 2026-01-31T08:00:00Z',
} as const

const quoted = (setting: Setting, text: string): string =>
  setting.secret ? 'the value' : JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)

/** Reads a value; never throws. */
export function parseValue(setting: Setting, raw: RawValue): Parsed {
  if (setting.type === 'pipelines')
    return typeof raw === 'string' || isTree(raw)
      ? parsePipelines(raw)
      : { problem: `expects ${acceptedPipelines}` }
  if (isTree(raw)) return { problem: 'expects a value, not a map' }
  if (setting.type === 'columns')
    return isList(raw) ? { problem: `expects ${acceptedColumns}` } : parseColumns(raw)
  if (typeof raw === 'object' && !isList(raw)) return { problem: 'expects a value, not a map' }
  if (setting.type === 'list') return parseList(setting, raw)
  if (typeof raw !== 'string') return { problem: 'expects one value, not a list' }
  const text = raw.trim()
  const refuse = (accepts: string): Parsed => ({
    problem: `${quoted(setting, text)} is not accepted; write ${accepts}`,
  })
  switch (setting.type) {
    case 'int':
    case 'bytes':
    case 'duration':
      return parseNumber(setting, text)
    case 'bool':
      return text === 'true' || text === 'false' ? { value: text === 'true' } : refuse(accepted.bool)
    case 'enum':
      return setting.values.includes(text) ? { value: text } : refuse(setting.values.join(' or '))
    case 'start': {
      const start = readStart(text)
      return start === null ? refuse(accepted.start) : { value: start }
    }
    case 'url':
      return isUrl(setting.severalHosts ? withOneHost(text) : text, setting.schemes) ||
        (text === '' && setting.optional === true)
        ? { value: text }
        : refuse(`a URL such as ${setting.schemes[0]}://user@host:port/name`)
    case 'string':
      return !setting.shape || setting.shape.pattern.test(text)
        ? { value: text }
        : refuse(setting.shape.accepts)
  }
}

const isList = (raw: RawValue): raw is readonly string[] => Array.isArray(raw)
const isTree = (raw: RawValue): raw is RawTree => typeof raw === 'object' && 'kind' in raw

function parseList(setting: ListSetting, raw: string | readonly string[]): Parsed {
  const parts = typeof raw === 'string' ? raw.split(',') : raw
  const items = parts.map(item => item.trim()).filter(item => item !== '')
  const wrong = items.find(item => !setting.shape.pattern.test(item))
  if (wrong !== undefined)
    return { problem: `${quoted(setting, wrong)} is not accepted; write ${setting.shape.accepts}` }
  if (items.length < setting.minItems)
    return { problem: `the list is empty; write ${setting.shape.accepts}, at least ${setting.minItems}` }
  if (items.length > setting.maxItems)
    return { problem: `the list has ${items.length} items; write at most ${setting.maxItems}` }
  return { value: [...new Set(items)] }
}

function parseNumber(setting: NumberSetting, text: string): Parsed {
  const value = readNumber(setting.type, text)
  if (value === null)
    return { problem: `${quoted(setting, text)} is not accepted; write ${accepted[setting.type]}` }
  const { min, max } = boundsOf(setting)
  if (value >= min && value <= max) return { value }
  const fault = value < min ? 'too small' : 'too large'
  return { problem: `${text} is ${fault}; write ${setting.min} to ${setting.max}` }
}

/** The bounds of a number in its own unit: bytes, ms, or none. */
export const boundsOf = (setting: NumberSetting): { min: number; max: number } => ({
  min: readNumber(setting.type, setting.min) ?? Number.NaN,
  max: readNumber(setting.type, setting.max) ?? Number.NaN,
})

function readNumber(type: NumberSetting['type'], text: string): number | null {
  if (type === 'int') return /^-?\d{1,15}$/.test(text) ? Number(text) : null
  const match = /^(\d{1,15}(?:\.\d{1,6})?)\s*([a-zA-Z]*)$/.exec(text)
  if (!match) return null
  const units: readonly (readonly [string, number])[] = type === 'bytes' ? byteUnits : durationUnits
  const name = match[2]!
  const unit =
    name === '' && type === 'bytes'
      ? 1
      : units.find(([known]) => known.toLowerCase() === name.toLowerCase())?.[1]
  const value = unit === undefined ? Number.NaN : Number(match[1]) * unit
  return Number.isSafeInteger(value) ? value : null
}

function readStart(text: string): StartPosition | null {
  if (text === 'earliest' || text === 'latest') return text
  if (!/^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)?)?$/.test(text)) return null
  const hasZone = /(Z|[+-]\d\d:\d\d)$/.test(text) || !text.includes('T')
  const ms = Date.parse(hasZone ? text : `${text}Z`)
  return Number.isNaN(ms) ? null : ms
}

/** What a list of hosts is to libpq, it is to nobody else. */
function withOneHost(text: string): string {
  const hosts = hostListOf(text)
  return hosts === null ? text : text.replace(hosts, 'host')
}

const isUrl = (text: string, schemes: readonly string[]): boolean =>
  URL.canParse(text) && schemes.includes(new URL(text).protocol.slice(0, -1))

/** A duration as read by every setting of that type, in ms; null when the text is none. */
export const readDuration = (text: string): number | null => readNumber('duration', text.trim())

/** A value as one would write it; the inverse of parseValue. Does not redact. */
export function writeValue(type: Setting['type'], value: SettingValue): string {
  if (type === 'pipelines') return writePipelines(value as readonly Pipeline[])
  if (type === 'columns') return writeColumns(value as readonly ExtraColumn[])
  if (typeof value === 'object') return value.join(',')
  if (type === 'start' && typeof value === 'number') return new Date(value).toISOString()
  if (type !== 'bytes' && type !== 'duration') return String(value)
  const units: readonly (readonly [string, number])[] =
    type === 'bytes' ? byteUnits.filter(([name]) => name.length !== 2) : durationUnits
  const amount = Number(value)
  const [name, size] = units.find(([, size]) => amount >= size && amount % size === 0) ?? units.at(-1)!
  return `${amount / size}${name}`
}

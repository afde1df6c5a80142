/**
 * The generated JSON lines in other dress: as logfmt, or as plain text without any structure. Neighbour: generate.ts.
 */
import type { Moment } from './services.ts'

export const recordFormats = ['json', 'logfmt', 'raw'] as const
export type RecordFormat = (typeof recordFormats)[number]

/** A line of a service (one JSON object) in the format. */
export function writeAs(format: RecordFormat, line: string, moment: Moment): string {
  if (format === 'json') return line
  const fields = [...flatten(JSON.parse(line) as Record<string, unknown>, '')]
  if (format === 'logfmt') return fields.map(([key, value]) => `${key}=${logfmtValue(value)}`).join(' ')
  const words = fields.filter(([key]) => !/^(@?time(stamp)?|ts|host(name|\.name)?|id)$/.test(key))
  const text = words.map(([, value]) => value.replace(/\s+/g, ' ')).join(' ')
  return `${moment.timeText} ${moment.host} ${text} (${moment.id})`
}

/** Members of objects under dotted names; lists as their JSON text. */
function* flatten(object: Readonly<Record<string, unknown>>, prefix: string): Generator<[string, string]> {
  for (const [key, value] of Object.entries(object)) {
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    if (isObject) yield* flatten(value as Record<string, unknown>, `${prefix}${key}.`)
    else yield [prefix + key, typeof value === 'string' ? value : JSON.stringify(value)]
  }
}

/** Quoted where it holds more than letters, digits and harmless signs. */
const logfmtValue = (text: string): string => (/^[\w.:/+@-]+$/.test(text) ? text : JSON.stringify(text))

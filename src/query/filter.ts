/**
 * The filter that people write at the command line, such as `severity>=error service=checkout message~timeout`, as
 * the query parameters of /api/v1/logs and /tail. docs/tail.md has the grammar:
 *
 *   filter    = { condition }                   all of them must fit
 *   condition = name operator value | value     a value alone is part of the message
 *   name      = severity | service | host | trace_id | topic | message | attr.<path>
 *   operator  = "=" | ">=" (severity) | "~" (message)
 *   value     = word | '"' text '"'             with \" and \\ in it
 */
import { PipelineError } from '../errors.ts'

export type FilterParameters = readonly (readonly [name: string, value: string])[]

/** What each name takes, and which parameter that is. */
const operators: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  severity: { '>=': 'min_severity', '=': 'severity' },
  service: { '=': 'service' },
  host: { '=': 'host' },
  trace_id: { '=': 'trace_id' },
  topic: { '=': 'topic' },
  message: { '~': 'q' },
}
/** May be there more than once: any of them fits. */
const repeatable = new Set(['service'])

const head = /([\w.-]+)(>=|<=|!=|=|~|>|<)/y
const content = /"((?:[^"\\]|\\.)*)"|([^\s"]+)/y
const blanks = /\s*/y

const matchAt = (pattern: RegExp, text: string, at: number): RegExpExecArray | null => {
  pattern.lastIndex = at
  return pattern.exec(text)
}

/** @throws PipelineError FILTER_INVALID, with the place */
export function parseFilter(text: string): FilterParameters {
  const found: (readonly [string, string])[] = []
  const skip = (from: number): number => from + matchAt(blanks, text, from)![0].length
  let at = skip(0)
  while (at < text.length) {
    const [start, name, operator] = matchAt(head, text, at) ?? ['']
    const parameter = name === undefined ? 'q' : parameterOf(text, at, name, operator!)
    const value = matchAt(content, text, at + start.length)
    if (value === null)
      throw invalid(text, at + start.length, 'a value is missing, or a quotation mark is not closed')
    if (!repeatable.has(parameter) && found.some(([other]) => other === parameter))
      throw invalid(text, at, `${name ?? 'a word of the message'} is there twice`)
    found.push([parameter, value[1]?.replace(/\\(.)/g, '$1') ?? value[2]!])
    at = skip(at + start.length + value[0].length)
  }
  return found
}

function parameterOf(text: string, at: number, name: string, operator: string): string {
  if (name.startsWith('attr.') && name.length > 'attr.'.length) {
    if (operator === '=') return name
    throw invalid(text, at + name.length, 'attributes take "=" only')
  }
  const known = Object.hasOwn(operators, name) ? operators[name]! : null
  if (known === null)
    throw invalid(text, at, `"${name}" is none of ${Object.keys(operators).join(', ')}, attr.<name>`)
  const parameter = known[operator]
  if (parameter !== undefined) return parameter
  throw invalid(text, at + name.length, `${name} takes ${Object.keys(known).join(' or ')}`)
}

const invalid = (filter: string, at: number, problem: string): PipelineError =>
  new PipelineError('FILTER_INVALID', { filter, column: at + 1, problem })

/** Grok patterns to regular expressions: `%{NAME:field:type}`. Neighbours: library.ts has the names, ../dialect.ts reads on. */
import { nearest } from '../../../config/nearest.ts'
import { StepProblem } from '../problem.ts'
import { grokLibrary } from './library.ts'

const reference = /%\{([A-Za-z0-9_]+)(?::([\w.@\-[\]]+))?(?::(\w+))?\}/g
/** More than any sane pattern; names that double on each level would fill the memory. */
const MAX_CHARS = 100_000

/** Throws StepProblem: an unknown name, one that contains itself, something like a reference that is none. */
export function expandGrok(pattern: string, custom: Readonly<Record<string, string>>): string {
  return expand(pattern, 'pattern', custom, [])
}

function expand(
  text: string,
  option: string,
  custom: Readonly<Record<string, string>>,
  above: readonly string[],
): string {
  const broken = /%\{[^}]*\}?/.exec(text.replace(reference, ''))
  if (broken)
    throw new StepProblem(option, `has ${broken[0]}; write %{NAME}, %{NAME:field} or %{NAME:field:type}`)
  const expanded = text.replace(reference, (_, name: string, field?: string, type?: string) => {
    const isCustom = Object.hasOwn(custom, name)
    const body = isCustom ? custom[name] : Object.hasOwn(grokLibrary, name) ? grokLibrary[name] : undefined
    if (body === undefined) throw new StepProblem(option, unknownName(name, custom))
    if (above.includes(name))
      throw new StepProblem(option, `%{${name}} contains itself: ${[...above, name].join(' → ')}`)
    const inner = expand(body, isCustom ? 'patterns' : option, custom, [...above, name])
    if (field === undefined) return `(?:${inner})`
    return type === undefined ? `(?<${field}>${inner})` : `(?<${field}:${type}>${inner})`
  })
  if (expanded.length > MAX_CHARS)
    throw new StepProblem(option, `is longer than ${MAX_CHARS} characters when its names are replaced`)
  return expanded
}

function unknownName(name: string, custom: Readonly<Record<string, string>>): string {
  const meant = nearest(name, [...Object.keys(custom), ...Object.keys(grokLibrary)])
  return `%{${name}} is unknown; ${meant ? `did you mean %{${meant}}?` : 'add it to patterns'}`
}

/** Texts with `${field}` in them, for the step `set`. */
import { StepProblem } from './problem.ts'
import type { Fields } from './step.ts'

/** A text without fields is a constant: then `null`. */
export function compileTemplate(text: string, option: string): ((fields: Fields) => string) | null {
  const texts: string[] = ['']
  const names: string[] = []
  for (const part of text.split(/(\$\$\{|\$\{[^}]*\}?)/)) {
    if (part === '$${') texts[texts.length - 1] += '${'
    else if (part.startsWith('${')) {
      if (!part.endsWith('}') || part.length < 4)
        throw new StepProblem(option, `has ${part}; write $\{name}, or $$\{ for $\{ itself`)
      names.push(part.slice(2, -1))
      texts.push('')
    } else texts[texts.length - 1] += part
  }
  if (names.length === 0) return null
  return fields => {
    let filled = texts[0]!
    for (let i = 0; i < names.length; i++) filled += (fields.text(names[i]!) ?? '') + texts[i + 1]!
    return filled
  }
}

/** The constant that a text without fields stands for. */
export const unescapeTemplate = (text: string): string => text.replaceAll('$${', '${')

/**
 * A pattern of the user, ready to match, in one of two engines: JavaScript's own, or re2js, whose time is linear in
 * the text. What of it takes long is found by src/config/steps/safety.ts.
 */
import { type Capture, translate } from './dialect.ts'
import { loadRe2 } from './libraries.ts'
import { StepProblem } from './problem.ts'

export type Engine = 'native' | 're2'

/** Groups by number, the whole match at 0; null and undefined: the group took no part. */
export type Groups = readonly (string | null | undefined)[]

export interface Pattern {
  /** The option that holds it. */
  readonly option: string
  /** As JavaScript's RegExp takes it. */
  readonly source: string
  readonly flags: '' | 'i'
  readonly engine: Engine
  /** Taken although some text can make it take very long. */
  readonly isUnsafeAllowed: boolean
  readonly captures: readonly Capture[]
  /** Anywhere in the text. */
  readonly match: (text: string) => Groups | null
}

export interface PatternOptions {
  readonly engine: Engine
  readonly unsafe: 'forbid' | 'allow'
}

const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).replace(/^Invalid regular expression: /, '')

/** Throws StepProblem, with the engine's reason. */
export function compilePattern(written: string, option: string, options: PatternOptions): Pattern {
  const { source, ignoreCase, captures } = translate(written, option)
  const flags = ignoreCase ? 'i' : ''
  const { engine } = options
  try {
    const match = engine === 're2' ? linearMatch(source, ignoreCase) : nativeMatch(source, flags)
    return { option, source, flags, engine, isUnsafeAllowed: options.unsafe === 'allow', captures, match }
  } catch (error) {
    const name = engine === 're2' ? 'pattern that re2 understands' : 'regular expression'
    throw new StepProblem(option, `is no ${name}: ${reasonOf(error)}`)
  }
}

function nativeMatch(source: string, flags: string): Pattern['match'] {
  const regex = new RegExp(source, flags)
  return text => regex.exec(text)
}

function linearMatch(source: string, ignoreCase: boolean): Pattern['match'] {
  const { RE2JS } = loadRe2()
  const regex = RE2JS.compile(source, ignoreCase ? RE2JS.CASE_INSENSITIVE : 0)
  const groups = regex.groupCount()
  return text => {
    const matcher = regex.matcher(text)
    if (!matcher.find()) return null
    const found: (string | null)[] = []
    for (let group = 0; group <= groups; group++) found.push(matcher.group(group))
    return found
  }
}

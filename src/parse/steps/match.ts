/**
 * The steps `regex` and `grok`: fields from the named groups of the first pattern that matches. Neighbours: pattern.ts
 * matches, grok/expand.ts makes a regular expression of a grok pattern.
 */
import { captureValue } from './capture-value.ts'
import type { CompiledStep, StepContext } from './compiled.ts'
import { expandGrok } from './grok/expand.ts'
import { compilePattern, type Groups, type Pattern } from './pattern.ts'
import { StepProblem } from './problem.ts'
import type { OptionsOf } from './schema.ts'
import type { Fields, Outcome } from './step.ts'

type Options = OptionsOf<'regex'> | OptionsOf<'grok'>

class MatchStep implements CompiledStep {
  readonly kind: string
  readonly patterns: readonly Pattern[]
  readonly counts = { unmatched: 0, overlong: 0 }
  private readonly options: Options
  private readonly maxChars: number

  constructor(kind: string, patterns: readonly Pattern[], options: Options, maxChars: number) {
    this.kind = kind
    this.patterns = patterns
    this.options = options
    this.maxChars = maxChars
  }

  run(fields: Fields): Outcome {
    const text = fields.text(this.options.field)
    if (text === null) return this.miss(fields)
    if (text.length > this.maxChars) {
      this.counts.overlong += 1
      return this.miss(fields)
    }
    for (const pattern of this.patterns) {
      const groups = pattern.match(text)
      if (groups) return assign(pattern, groups, fields)
    }
    return this.miss(fields)
  }

  private miss(fields: Fields): Outcome {
    this.counts.unmatched += 1
    const { on_no_match, tag } = this.options
    if (on_no_match === 'drop') return 'drop'
    if (on_no_match === 'tag') {
      const tags = fields.text('tags')
      fields.set('tags', tags === null || tags === '' ? tag : `${tags},${tag}`)
    }
    return 'keep'
  }
}

/** Groups that took no part or are empty set nothing. */
function assign(pattern: Pattern, groups: Groups, fields: Fields): Outcome {
  for (const { name, type, index } of pattern.captures) {
    const text = groups[index]
    if (!text) continue
    const value = captureValue(text, type, name, fields)
    if (value !== null) fields.set(name, value)
  }
  return 'keep'
}

/** Throws StepProblem. */
export function compileRegex(options: OptionsOf<'regex'>, context: StepContext): CompiledStep {
  const patterns = options.pattern.map(written => compilePattern(written, 'pattern', options))
  return matchStep('regex', patterns, options, context)
}

/** Throws StepProblem, also for names that are in no library. */
export function compileGrok(options: OptionsOf<'grok'>, context: StepContext): CompiledStep {
  const patterns = options.pattern.map(written =>
    compilePattern(expandGrok(written, options.patterns), 'pattern', options),
  )
  return matchStep('grok', patterns, options, context)
}

function matchStep(
  kind: string,
  patterns: readonly Pattern[],
  options: Options,
  context: StepContext,
): CompiledStep {
  const nameless = patterns.findIndex(({ captures }) => captures.length === 0)
  // A pattern without fields is a filter, and of use only if what it does not match is dropped or tagged.
  if (nameless >= 0 && options.on_no_match === 'keep') {
    const written = JSON.stringify(options.pattern[nameless])
    const example = kind === 'grok' ? '%{NUMBER:bytes:int}' : '(?<bytes:int>\\d+)'
    throw new StepProblem('pattern', `${written} names no field; write one such as ${example}`)
  }
  return new MatchStep(kind, patterns, options, context.maxMatchChars)
}

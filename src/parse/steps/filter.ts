/** The steps `drop` and `keep`: by an expression. Neighbours: expression/ reads and evaluates it. */
import type { CompiledStep, StepContext, StepCounts } from './compiled.ts'
import { compileTest, type Test } from './expression/evaluate.ts'
import { parseExpression } from './expression/parser.ts'
import { compilePattern, type Pattern } from './pattern.ts'
import type { OptionsOf } from './schema.ts'
import type { Fields, Outcome } from './step.ts'

class FilterStep implements CompiledStep {
  readonly kind: 'drop' | 'keep'
  readonly patterns: readonly Pattern[]
  readonly counts: Readonly<StepCounts>
  private readonly test: Test

  constructor(kind: 'drop' | 'keep', test: Test, patterns: readonly Pattern[], counts: StepCounts) {
    this.kind = kind
    this.test = test
    this.patterns = patterns
    this.counts = counts
  }

  run(fields: Fields): Outcome {
    return this.test(fields) === (this.kind === 'keep') ? 'keep' : 'drop'
  }
}

/** Throws StepProblem. A text over the limit does not match. */
export function compileFilter(
  kind: 'drop' | 'keep',
  options: OptionsOf<'drop'>,
  context: StepContext,
): CompiledStep {
  const patterns: Pattern[] = []
  const counts: StepCounts = { unmatched: 0, overlong: 0 }
  const expression = parseExpression(options.if, 'if')
  const test = compileTest(expression, 'if', written => {
    const pattern = compilePattern(written, 'if', options)
    patterns.push(pattern)
    return text => {
      if (text.length <= context.maxMatchChars) return pattern.match(text) !== null
      counts.overlong += 1
      return false
    }
  })
  return new FilterStep(kind, test, patterns, counts)
}

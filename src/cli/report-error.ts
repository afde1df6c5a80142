/** An error as people read it at the terminal: what, where, remedy; the stack only when debug output is on. */
import picocolors from 'picocolors'
import { describeProblem, problemsOf } from '../config/index.ts'
import { messageOf, PipelineError } from '../errors.ts'

/** The text, with a line break at its end; coloured where `isTerminal`, unless NO_COLOR forbids it. */
export function describeError(error: unknown, withStack: boolean, isTerminal = false): string {
  const { red } = picocolors.createColors(isTerminal && picocolors.isColorSupported)
  const lines = [`${red('error')} ${headOf(error)}`]
  lines.push(...problemsOf(error).map(problem => `  ${describeProblem(problem)}`))
  const causes = problemsOf(error).length === 0 ? causesOf(error) : []
  lines.push(...causes.map(cause => `  because: ${cause}`))
  if (error instanceof PipelineError) lines.push(`  remedy: ${error.remedy} (${error.code})`)
  if (withStack && error instanceof Error && error.stack) lines.push(error.stack)
  return `${lines.join('\n')}\n`
}

/** Problems of a configuration follow line by line, so its own message would say the first one twice. */
function headOf(error: unknown): string {
  const { length } = problemsOf(error)
  if (length === 0) return messageOf(error) || 'failed without a message'
  return `The configuration is not valid (${length} ${length === 1 ? 'problem' : 'problems'}):`
}

function causesOf(error: unknown): readonly string[] {
  const texts: string[] = []
  const seen = new Set<unknown>([error])
  let cause = error instanceof Error ? error.cause : undefined
  while (cause !== undefined && cause !== null && !seen.has(cause)) {
    seen.add(cause)
    texts.push(causeText(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return texts.filter(text => text !== '' && !messageOf(error).includes(text))
}

/** Node reports a refused connection to several addresses as an AggregateError without a message. */
const causeText = (cause: unknown): string =>
  cause instanceof AggregateError && cause.message === ''
    ? cause.errors.map(messageOf).join(', ')
    : messageOf(cause)

/**
 * What is wrong with a configuration and where: collected by the readers (yaml-file.ts, environment.ts, load.ts),
 * thrown together as one CONFIG_INVALID.
 */
import { type ErrorContext, PipelineError } from '../errors.ts'

/** Where a value came from. Lines and columns count from 1. */
export type Origin =
  | { readonly source: 'default' | 'derived' }
  | { readonly source: 'file'; readonly file: string; readonly line: number; readonly column: number }
  | { readonly source: 'environment'; readonly name: string }
  | { readonly source: 'command line'; readonly name: string }

export interface ConfigProblem {
  /** The setting, as written; null when the fault belongs to none. */
  readonly key: string | null
  readonly problem: string
  readonly origin: Origin
}

/** Carries every problem as the cause of a CONFIG_INVALID. */
class ConfigProblems extends Error {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[]) {
    super(problems.map(describeProblem).join('\n'))
    this.name = 'ConfigProblems'
    this.problems = problems
  }
}

/** "logcollector.yaml:3:5", "LOGCOLLECTOR_HTTP_PORT" or "default". */
export function describeOrigin(origin: Origin): string {
  if (origin.source === 'file') return `${origin.file}:${origin.line}:${origin.column}`
  return 'name' in origin ? origin.name : origin.source
}

/** One line: place, setting, fault. */
export function describeProblem({ key, problem, origin }: ConfigProblem): string {
  const place = 'name' in origin || origin.source === 'file' ? `${describeOrigin(origin)}: ` : ''
  return `${place}${key === null ? '' : `${key}: `}${problem}`
}

/** One error for all problems; its context names the place of the first. */
export function configInvalid(problems: readonly ConfigProblem[]): PipelineError {
  const first = problems[0]!
  const { origin } = first
  const place: ErrorContext =
    origin.source === 'file' ? { file: origin.file, line: origin.line, column: origin.column } : {}
  const variable: ErrorContext = origin.source === 'environment' ? { variable: origin.name } : {}
  const context: ErrorContext = {
    ...place,
    ...variable,
    ...(first.key === null ? {} : { setting: first.key }),
    problem: first.problem,
    ...(problems.length > 1 ? { problems: problems.length } : {}),
  }
  return new PipelineError('CONFIG_INVALID', context, new ConfigProblems(problems))
}

/** All problems behind a CONFIG_INVALID; none for other errors. */
export const problemsOf = (error: unknown): readonly ConfigProblem[] =>
  error instanceof PipelineError && error.cause instanceof ConfigProblems ? error.cause.problems : []

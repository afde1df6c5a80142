/**
 * What is wrong with steps that were read: each is compiled as a worker will do it, its files are read, its patterns
 * judged. Neighbours: read.ts before it; src/parse/steps/index.ts, which workers call with the context made here.
 */
import { messageOf } from '../../errors.ts'
import { compileStep, type StepContext } from '../../parse/steps/index.ts'
import type { Pattern } from '../../parse/steps/pattern.ts'
import { StepProblem } from '../../parse/steps/problem.ts'
import { type ConfigProblem, describeProblem } from '../problems.ts'
import { readDatabase } from './databases.ts'
import type { LocatedStep } from './read.ts'
import { judgePattern } from './safety.ts'

/** For one pattern; what is not known by then is a warning. */
const BUDGET_MS = 3000

export interface StepLimits {
  readonly maxMatchChars: number
  readonly redactKey: string
}

export interface CheckedSteps {
  /** For the workers. */
  readonly context: StepContext
  /** Lines for the log. */
  readonly warnings: readonly string[]
}

/** Faults go to `problems`. `budgetMs` is how long the look at one pattern may take. */
export function checkSteps(
  steps: readonly LocatedStep[],
  limits: StepLimits,
  problems: ConfigProblem[],
  budgetMs = BUDGET_MS,
): CheckedSteps {
  const context: StepContext = { ...limits, databases: readDatabases(steps, problems) }
  const warnings: string[] = []
  for (const step of steps) {
    const isRead = step.config.kind !== 'geoip' || context.databases.has(step.config.options.database)
    if (isRead) checkStep(step, context, problems, warnings, budgetMs)
  }
  return { context, warnings }
}

function readDatabases(
  steps: readonly LocatedStep[],
  problems: ConfigProblem[],
): ReadonlyMap<string, SharedArrayBuffer> {
  const databases = new Map<string, SharedArrayBuffer>()
  for (const step of steps) {
    if (step.config.kind !== 'geoip') continue
    const path = step.config.options.database
    try {
      if (!databases.has(path)) databases.set(path, readDatabase(path))
    } catch (error) {
      problems.push(problemOf(step, 'database', `cannot be read: ${messageOf(error)}`))
    }
  }
  return databases
}

function checkStep(
  step: LocatedStep,
  context: StepContext,
  problems: ConfigProblem[],
  warnings: string[],
  budgetMs: number,
): void {
  try {
    const { patterns } = compileStep(step.config, context)
    for (const pattern of patterns) {
      if (pattern.isUnsafeAllowed) continue
      judge(step, pattern, context.maxMatchChars, problems, warnings, budgetMs)
    }
  } catch (error) {
    if (!(error instanceof StepProblem)) throw error
    problems.push(problemOf(step, error.option, error.message))
  }
}

const remedy =
  'write it more strictly (anchors, [^x]* instead of .*), choose "engine: re2" or "unsafe: allow", or lower parse.max_match_chars'

function judge(
  step: LocatedStep,
  pattern: Pattern,
  maxChars: number,
  problems: ConfigProblem[],
  warnings: string[],
  budgetMs: number,
): void {
  const verdict = judgePattern(pattern, maxChars, budgetMs)
  if (verdict.status === 'vulnerable') {
    const problem = `takes ${verdict.complexity} time on a text such as ${verdict.attack}; ${remedy}`
    problems.push(problemOf(step, pattern.option, problem))
  } else if (verdict.status === 'unknown') {
    const problem = `may take long on some text, which could not be found out in ${budgetMs} ms; to be sure, ${remedy}`
    warnings.push(describeProblem(problemOf(step, pattern.option, problem)))
  }
}

/** At the option's own line if it has one. */
function problemOf(step: LocatedStep, option: string, problem: string): ConfigProblem {
  const origin = step.origins.get(option) ?? step.origins.get(option.split('.')[0]!) ?? step.origin
  return { key: `${step.key}.${option}`, problem, origin }
}

/**
 * Loads what steps are made of, where there are steps: their libraries take memory in every thread. For workers, and
 * for who parses in this process (replay, explain).
 */
import type { StepCompiler } from './batch-walk.ts'
import type { ParserSettings } from './contract.ts'
import type { StepConfig, StepContext } from './steps/index.ts'

/** Throws StepProblem later, where a step that nobody has checked cannot be compiled. */
export async function stepCompiler(
  pipelines: readonly Pick<ParserSettings, 'steps'>[],
  context: StepContext,
): Promise<StepCompiler> {
  if (pipelines.every(({ steps }) => steps.length === 0)) return () => []
  const { compileSteps } = await import('./steps/index.ts')
  // src/config has made them by the table of steps.
  return steps => compileSteps(steps as readonly StepConfig[], context)
}

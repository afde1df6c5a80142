/**
 * The public face of the steps: configuration in, functions over records out. The main thread compiles to find faults
 * (src/config/steps), each worker to run them.
 */
import { compileRemove, compileRename, compileSet } from './assign.ts'
import type { CompiledStep, StepContext } from './compiled.ts'
import { compileFilter } from './filter.ts'
import { compileGeoIp } from './geoip.ts'
import { compileGrok, compileRegex } from './match.ts'
import { compileRedact } from './redact/redact.ts'
import type { StepConfig } from './schema.ts'
import { compileSeverity } from './severity.ts'
import { compileUserAgent } from './useragent.ts'

export type { CompiledStep, StepContext, StepCounts } from './compiled.ts'
export type { StepConfig, StepKind } from './schema.ts'
export type { Fields, FieldValue, Outcome, Step } from './step.ts'

/** In their order. Throws StepProblem at the first that cannot be compiled. */
export const compileSteps = (configs: readonly StepConfig[], context: StepContext): readonly CompiledStep[] =>
  configs.map(config => compileStep(config, context))

/** Throws StepProblem, which names the option. */
export function compileStep(config: StepConfig, context: StepContext): CompiledStep {
  switch (config.kind) {
    case 'regex':
      return compileRegex(config.options, context)
    case 'grok':
      return compileGrok(config.options, context)
    case 'rename':
      return compileRename(config.options)
    case 'set':
      return compileSet(config.options)
    case 'remove':
      return compileRemove(config.options)
    case 'drop':
    case 'keep':
      return compileFilter(config.kind, config.options, context)
    case 'redact':
      return compileRedact(config.options, context)
    case 'useragent':
      return compileUserAgent(config.options)
    case 'geoip':
      return compileGeoIp(config.options, context)
    case 'severity':
      return compileSeverity(config.options)
  }
}

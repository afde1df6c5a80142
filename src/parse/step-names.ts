/**
 * What steps are called where people read of them: metrics, dead letters, the watchdog's verdict. For the main thread,
 * which knows them by their numbers.
 */
import { RUNNING_STEP_AT } from '../kernel/memory-map.ts'
import type { ParserSettings, ParseTask } from './contract.ts'

const MOST_CHARACTERS = 200

export interface StepName {
  readonly pipeline: string
  /** Number from 1 and kind, such as "2 grok". */
  readonly step: string
}

/** @param step its index */
export function stepName(pipelines: readonly ParserSettings[], pipeline: number, step: number): StepName {
  const { name, steps } = pipelines[pipeline]!
  return { pipeline: name, step: `${step + 1} ${steps[step]!.kind}` }
}

/** The pipeline and the step, as configured, that run in the task's slot now, in ASCII; empty: none. */
export function runningStep(pipelines: readonly ParserSettings[], memory: DataView, task: ParseTask): string {
  const number = memory.getUint32(task.scratchAddress + RUNNING_STEP_AT, true)
  const settings = pipelines[task.pipeline]
  const step = settings?.steps[number - 1]
  if (settings === undefined || step === undefined) return ''
  const written = JSON.stringify({ [step.kind]: step.options })
  const text = `in pipeline ${settings.name}, step ${number}: ${written}`
  return text.replace(/[^\x20-\x7e]/g, '?').slice(0, MOST_CHARACTERS)
}

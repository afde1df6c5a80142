/**
 * How long the steps of the pipelines take, so that the slow one is known by name. Workers take the time of one record
 * in some (step-lane.ts), the main thread adds up (parser.ts); /debug shows it.
 */
import type { ParserSettings, StepTime } from './contract.ts'
import { stepName } from './step-names.ts'

/** One record in so many is timed: a prime, so that what recurs every so many records is not always missed. */
export const TIMED_EVERY = 17

const MOST_CHARACTERS = 300

export interface StepFacts {
  readonly pipeline: string
  /** Number from 1 and kind, such as "2 grok". */
  readonly step: string
  /** As configured, as JSON, cut. */
  readonly written: string
  /** Records that were timed at it, one in TIMED_EVERY. */
  readonly timed: number
  /** Of these. */
  readonly meanUs: number
  readonly maxUs: number
  /** Of all records, estimated, since the start. */
  readonly totalMs: number
}

const noTime: StepTime = { runs: 0, ms: 0, maxMs: 0 }

const added = (a: StepTime, b: StepTime): StepTime => ({
  runs: a.runs + b.runs,
  ms: a.ms + b.ms,
  maxMs: Math.max(a.maxMs, b.maxMs),
})

export class StepTimes {
  private readonly pipelines: readonly ParserSettings[]
  private readonly times: StepTime[][]

  constructor(pipelines: readonly ParserSettings[]) {
    this.pipelines = pipelines
    this.times = pipelines.map(({ steps }) => steps.map(() => noTime))
  }

  /** What a task of the pipeline has measured; empty: nothing. */
  add(pipeline: number, measured: readonly StepTime[]): void {
    const times = this.times[pipeline]!
    measured.forEach((time, step) => {
      times[step] = added(times[step] ?? noTime, time)
    })
  }

  /** Every step that was timed, what takes most of the time first. */
  read(): StepFacts[] {
    const facts = this.times.flatMap((steps, pipeline) =>
      steps.flatMap((time, step) => (time.runs === 0 ? [] : [this.factsOf(pipeline, step, time)])),
    )
    return facts.sort((a, b) => b.totalMs - a.totalMs)
  }

  private factsOf(pipeline: number, step: number, { maxMs, ms, runs }: StepTime): StepFacts {
    const { kind, options } = this.pipelines[pipeline]!.steps[step]!
    const round = (value: number): number => Math.round(value * 10) / 10
    return {
      ...stepName(this.pipelines, pipeline, step),
      written: JSON.stringify({ [kind]: options }).slice(0, MOST_CHARACTERS),
      timed: runs,
      meanUs: round((ms / runs) * 1000),
      maxUs: round(maxMs * 1000),
      totalMs: round(ms * TIMED_EVERY),
    }
  }
}

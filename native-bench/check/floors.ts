/**
 * The figures that may not get worse, and the judgement. All are ratios within a run, so that a slower machine changes
 * little; of each side of a ratio the best round counts, for what else the machine does only ever slows. check.ts uses it.
 */
import type { KernelFigures } from '../kernel.ts'
import type { PipelineFigures } from '../pipeline.ts'

interface Guarded {
  readonly means: string
  /** Which direction is good. */
  readonly good: 'high' | 'low'
}

export const guarded = {
  ofCeiling: { means: 'rows/s over those of the ceiling', good: 'high' },
  ofPostgresCpu: { means: 'our CPU over that of Postgres', good: 'low' },
  kernelRatio: { means: "JSON.parse's time over the kernel's", good: 'high' },
} as const satisfies Readonly<Record<string, Guarded>>

export type FigureName = keyof typeof guarded
export type Ratios = Readonly<Record<FigureName, number>>

export const figureNames = Object.keys(guarded) as readonly FigureName[]

export interface Verdict {
  readonly name: FigureName
  readonly measured: number
  readonly floor: number
  readonly isKept: boolean
}

export function ratiosOf(pipeline: PipelineFigures, kernel: KernelFigures): Ratios {
  return {
    ofCeiling: pipeline.rowsPerSecond.max / pipeline.ceilingRowsPerSecond.max,
    ofPostgresCpu: pipeline.ourCpuUsPerRow.min / pipeline.postgresCpuUsPerRow.min,
    kernelRatio: kernel.jsonParseNs.min / kernel.kernelNs.min,
  }
}

/** Floors that leave the figures so much room, a share of each; two digits, rounded away from the figure. */
export function floorsUnder(measured: Ratios, margin: number): Ratios {
  const floor = (name: FigureName): number => {
    const isHigh = guarded[name].good === 'high'
    const hundredths = measured[name] * (isHigh ? 1 - margin : 1 + margin) * 100
    return (isHigh ? Math.floor(hundredths) : Math.ceil(hundredths)) / 100
  }
  return Object.fromEntries(figureNames.map(name => [name, floor(name)])) as Ratios
}

/** One verdict a figure, in their order. */
export const judge = (measured: Ratios, floors: Ratios): Verdict[] =>
  figureNames.map(name => {
    const isHigh = guarded[name].good === 'high'
    const isKept = isHigh ? measured[name] >= floors[name] : measured[name] <= floors[name]
    return { name, measured: measured[name], floor: floors[name], isKept }
  })

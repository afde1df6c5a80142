/** How far a count is from what was expected of it: the one place with statistics. Neighbour: service.ts. */

/** Size that counts besides improbability: millions of records make the smallest difference significant. */
const LEAST_RATIO = 1.4

/** What a count is held against. */
export interface Expectation {
  readonly expected: number
  /** Share by which expectation itself may be wrong. */
  readonly tolerance: number
  /** Variance over that of a Poisson process, at least 1. */
  readonly dispersion: number
}

/** Signed root of the Poisson deviance: a count of `observed` where `mean` were likely, in standard deviations. */
const deviance = (observed: number, mean: number): number =>
  Math.sqrt(Math.max(0, 2 * ((observed > 0 ? observed * Math.log(observed / mean) : 0) - (observed - mean))))

/** 0: not more than expected. */
export function scoreAbove(observed: number, { expected, tolerance, dispersion }: Expectation): number {
  const mean = expected * (1 + tolerance)
  if (observed <= mean || observed < expected * LEAST_RATIO) return 0
  return deviance(observed, Math.max(mean, 1e-3)) / Math.sqrt(dispersion)
}

/** 0: not less than expected. */
export function scoreBelow(observed: number, { expected, tolerance, dispersion }: Expectation): number {
  const mean = expected / (1 + tolerance)
  if (observed >= mean || observed * LEAST_RATIO > expected) return 0
  return deviance(observed, mean) / Math.sqrt(dispersion)
}

/** The middle of the first `count` values, which it puts in order; 0 of none. */
export function median(values: Float64Array, count: number): number {
  if (count === 0) return 0
  const sorted = values.subarray(0, count).sort()
  const middle = count >> 1
  return count & 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Factor from the median absolute deviation to the standard deviation of a normal distribution. */
const MAD_TO_SIGMA = 1.4826

/** Standard deviation of what lies around 0, from the median of its absolute values; puts them in order. */
export const robustSigma = (values: Float64Array, count: number): number => {
  for (let index = 0; index < count; index++) values[index] = Math.abs(values[index]!)
  return MAD_TO_SIGMA * median(values, count)
}

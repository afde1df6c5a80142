/**
 * How soon one Fetch follows another: after a small answer, not at once. A Fetch and all that comes of it costs the same
 * for few records and for many. Neighbour: fetcher.ts.
 */

/** From a backlog answers are larger. */
const RESTS = [
  { belowBytes: 128 * 1024, ms: 10 },
  { belowBytes: 2 * 1024 * 1024, ms: 25 },
] as const

/** From the begin of a Fetch that was answered with so many bytes to the begin of the next one at the soonest, ms. */
export const restMs = (answerBytes: number): number =>
  RESTS.find(({ belowBytes }) => answerBytes < belowBytes)?.ms ?? 0

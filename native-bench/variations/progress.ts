/** How far a long benchmark of many runs is. ../variations.ts says it after each. */

const MINUTE_MS = 60_000

/** With so many of all runs done in that time; what is to come is taken to be like what was. */
export function runsToGo(done: number, all: number, elapsedMs: number): string {
  const minutes = Math.ceil(((elapsedMs / done) * (all - done)) / MINUTE_MS)
  return `run ${done} of ${all}${done < all ? `, about ${minutes} min to go` : ''}`
}

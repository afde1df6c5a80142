/**
 * In which order the runs of a round come, and what the usual records would have given at the place of each: the
 * machine's speed drifts by more than most variations cost, so the usual records are stored again and again in between.
 */

/** Variations between two runs of the usual records. */
const STRETCH = 4

/** The runs of a round, by index of what is run; the usual is 0, and first and last. */
export function runsOfRound(variations: number): number[] {
  const runs = [0]
  for (let next = 1; next < variations; next++) {
    runs.push(next)
    if (next % STRETCH === 0 || next === variations - 1) runs.push(0)
  }
  return runs
}

/**
 * Each run's rate over that of the usual records at its place: in a straight line between the last run of them before it
 * and the first one behind it. A run of the usual records is held against its neighbours like any other.
 */
export function ratesOfUsual(runs: readonly number[], rates: readonly number[]): number[] {
  const isUsual = (place: number): boolean => runs[place] === 0
  return rates.map((rate, place) => {
    let before = place - 1
    while (before >= 0 && !isUsual(before)) before -= 1
    let after = place + 1
    while (after < runs.length && !isUsual(after)) after += 1
    const [first, last] = [rates[before], rates[after]]
    if (first === undefined && last === undefined) return 1
    if (first === undefined || last === undefined) return rate / (first ?? last)!
    return rate / (first + ((last - first) * (place - before)) / (after - before))
  })
}

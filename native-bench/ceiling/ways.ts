/** The ways to load the rows that the benchmark of the ceiling compares, and what its rounds say of them. */
import { type CeilingWay, fullCeiling, type LoadRound } from '../pipeline/ceiling.ts'
import { copyFormats } from '../pipeline/dump.ts'
import { type Summary, summarize } from '../report.ts'

export interface WayFigures extends CeilingWay {
  readonly rowsPerSecond: Summary
  readonly postgresCpuUsPerRow: Summary
  /** Rows a second over those of binary by two sessions, in the same round. */
  readonly ofFull: Summary
}

export const ceilingWays: readonly CeilingWay[] = copyFormats.flatMap(format =>
  [1, 2].map(sessions => ({ format, sessions })),
)

const full = ceilingWays.findIndex(
  ({ format, sessions }) => format === fullCeiling.format && sessions === fullCeiling.sessions,
)

/** For people. */
export const wordsOf = ({ format, sessions }: CeilingWay): string =>
  `${format}, ${sessions === 1 ? 'one session' : `${sessions} sessions`}`

/** The indexes of the ways in the order of a round: each round is begun by another. */
export const turnsOf = (round: number): number[] =>
  ceilingWays.map((_, index) => (index + round) % ceilingWays.length)

/** Of rounds that have one figure a way, in the ways' order. */
export const sumUpWays = (rounds: readonly (readonly LoadRound[])[]): WayFigures[] =>
  ceilingWays.map((way, index) => ({
    ...way,
    rowsPerSecond: summarize(rounds.map(round => round[index]!.rowsPerSecond)),
    postgresCpuUsPerRow: summarize(rounds.map(round => round[index]!.postgresCpuUsPerRow)),
    ofFull: summarize(rounds.map(round => round[index]!.rowsPerSecond / round[full]!.rowsPerSecond)),
  }))

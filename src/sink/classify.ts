/**
 * What an error of a transaction means: decided by (stage, SQLSTATE, is the connection alive), never by its text.
 * The table is DESIGN's; docs/architecture.md shows it. Codes: PostgreSQL manual, appendix A.
 */
export type Stage = 'connect' | 'prepare' | 'copy' | 'tail'

/**
 * row: the data of one row. segment: no segment for a row. ours: we sent nonsense. tail: ledger, rollups or dead letters
 * were refused. fenced: the position is not ours to move. retry: passes by itself. notReady: an administrator has to act.
 * halt: unknown, so neither dropped nor retried. lost: the connection is gone, and with it the outcome.
 */
export type Verdict = 'row' | 'segment' | 'ours' | 'tail' | 'fenced' | 'retry' | 'notReady' | 'halt' | 'lost'

export interface Failure {
  readonly stage: Stage
  /** Null where the server said nothing. */
  readonly sqlstate: string | null
  /** Named by 23514 of a CHECK; absent where there is no segment. */
  readonly constraint: string | null
  readonly isAlive: boolean
}

const MALFORMED_COPY = new Set(['08P01', '22P03', '22P04', 'XX000'])
const DATA_CLASSES = new Set(['22', '23', '54'])
const TAIL_CLASSES = new Set(['21', '22', '23', '54'])
const TRANSIENT_CLASSES = new Set(['40', '53', '57', '58'])
const TRANSIENT_CODES = new Set(['55P03', '25006'])
const NOT_READY_CLASSES = new Set(['42', '28', '3D', '3F', '0A'])

export function classify({ stage, sqlstate, constraint, isAlive }: Failure): Verdict {
  if (sqlstate === 'LC001') return 'fenced'
  if (sqlstate === null || !isAlive || (sqlstate.startsWith('08') && sqlstate !== '08P01')) return 'lost'
  const group = sqlstate.slice(0, 2)
  if (stage === 'copy') {
    if (MALFORMED_COPY.has(sqlstate)) return 'ours'
    if (sqlstate === '23514' && constraint === null) return 'segment'
    if (DATA_CLASSES.has(group)) return 'row'
  }
  if (stage === 'tail' && TAIL_CLASSES.has(group)) return 'tail'
  if (TRANSIENT_CLASSES.has(group) || TRANSIENT_CODES.has(sqlstate)) return 'retry'
  return NOT_READY_CLASSES.has(group) ? 'notReady' : 'halt'
}

/** The row that an error of COPY names, from 1, or null: "COPY logs, line 7, column attrs". */
export function rowNamedBy(where: string | undefined): number | null {
  const match = /^COPY [^,]+, line (\d+)/m.exec(where ?? '')
  return match === null ? null : Number(match[1])
}

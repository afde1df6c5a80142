/** Writes what the broker deleted before it was stored into `offset_gaps`, and the position past it. Neighbour: claims.ts. */
import type { Claim } from '../arena/descriptors.ts'
import { PipelineError } from '../errors.ts'
import type { StorePool } from './connection.ts'

/** Raised by commit_offset (sql/0001_logcollector.sql) unless token and position both stand as expected. */
const NOT_OURS_TO_MOVE = 'LC001'

/**
 * Moves the position from `first` to `next` with a ledger row and a row of offset_gaps, in one transaction that is
 * flushed to disk. False: token or position are not as expected (any more), and nothing was written.
 * @throws PipelineError as storeError has it; then the outcome is not known
 */
export async function recordGap(
  pool: StorePool,
  { topic, topicId, partition, token }: Claim,
  first: number,
  next: number,
  reason: string,
): Promise<boolean> {
  try {
    await pool.transaction(`gap of ${topic}`, client =>
      client.query('select record_gap($1::smallint, $2, $3, $4, $5, $6)', [
        topicId,
        partition,
        token,
        first,
        next,
        reason,
      ]),
    )
    return true
  } catch (error) {
    if (error instanceof PipelineError && error.context.sqlstate === NOT_OURS_TO_MOVE) return false
    throw error
  }
}

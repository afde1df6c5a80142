/** The errors of Postgres that a read meets, as ours. Neighbour: read-pool.ts. */
import pg from 'pg'
import { messageOf, PipelineError } from '../errors.ts'

const CANCELLED = '57014'
/** Schema, table or privilege is missing: an administrator has to act. */
const NOT_READY_CLASSES = new Set(['42', '28', '3D', '3F', '0A'])
/** The values of the question: what a text cannot hold, a number out of range. */
const DATA_CLASS = '22'

/** @param isUnwanted nobody waits for the answer any more, so that a cancelled query was cancelled by us */
export function queryError(error: unknown, task: string, isUnwanted: boolean): PipelineError {
  if (error instanceof PipelineError) return error
  const reason = messageOf(error)
  const sqlstate = error instanceof pg.DatabaseError ? error.code : undefined
  if (isUnwanted) return new PipelineError('QUERY_CANCELLED', { task }, error)
  if (sqlstate === undefined) return new PipelineError('POSTGRES_UNAVAILABLE', { task, reason }, error)
  if (sqlstate === CANCELLED) return new PipelineError('QUERY_TIMEOUT', { task }, error)
  if (sqlstate.startsWith(DATA_CLASS))
    return new PipelineError('HTTP_REQUEST_INVALID', { problem: reason }, error)
  const code = NOT_READY_CLASSES.has(sqlstate.slice(0, 2)) ? 'POSTGRES_NOT_READY' : 'POSTGRES_TRANSIENT'
  return new PipelineError(code, { task, sqlstate, reason }, error)
}

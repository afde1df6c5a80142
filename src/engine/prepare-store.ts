/** The store's part in a start, in every role. Neighbours: engine.ts, bystander.ts. */
import type { Config } from '../config/index.ts'
import { PipelineError } from '../errors.ts'
import { migrate } from '../store/migrate.ts'
import type { Segments } from '../store/segments.ts'
import { retryWhile } from '../supervisor/backoff.ts'

export interface Preparing {
  readonly isWanted: () => boolean
  /** It did not succeed yet. */
  readonly onTrouble: (error: PipelineError) => void
}

/**
 * Migrates where needed and makes the first segments, as soon as Postgres lets us. @param segments null: they are
 * somebody else's, and a role that only reads is enough where the schema is there
 */
export async function prepareStore(
  segments: Segments | null,
  { postgres, storage }: Config,
  { isWanted, onTrouble }: Preparing,
): Promise<void> {
  const attempt = async () => {
    await migrate(postgres.migrateUrl || postgres.url)
    await segments?.ensureAhead(Date.now(), storage.segmentsAhead)
  }
  const onError = (error: unknown) => {
    if (!(error instanceof PipelineError) || !error.retryable) throw error
    onTrouble(error)
  }
  await retryWhile(attempt, { isWanted, onError })
}

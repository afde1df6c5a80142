/** The store's part in a start, in every role. Neighbours: engine.ts, bystander.ts. */
import type { Config } from '../config/index.ts'
import { PipelineError } from '../errors.ts'
import { ensureColumns } from '../store/columns.ts'
import { migrate } from '../store/migrate.ts'
import type { Segments } from '../store/segments.ts'
import { retryWhile } from '../supervisor/backoff.ts'

export interface Preparing {
  readonly isWanted: () => boolean
  /** It did not succeed yet. */
  readonly onTrouble: (error: PipelineError) => void
  readonly onColumnAdded?: (name: string) => void
}

/**
 * Migrates where needed, adds the columns of the configuration and makes the first segments, as soon as Postgres lets
 * us. @param segments null: they are somebody else's, and a role that only reads is enough where the schema is there
 */
export async function prepareStore(
  segments: Segments | null,
  { columns, postgres, storage }: Config,
  { isWanted, onColumnAdded, onTrouble }: Preparing,
): Promise<void> {
  const attempt = async () => {
    const url = postgres.migrateUrl || postgres.url
    await migrate(url)
    for (const name of await ensureColumns(url, columns)) onColumnAdded?.(name)
    await segments?.ensureAhead(Date.now(), storage.segmentsAhead)
  }
  const onError = (error: unknown) => {
    if (!(error instanceof PipelineError) || !error.retryable) throw error
    onTrouble(error)
  }
  await retryWhile(attempt, { isWanted, onError })
}

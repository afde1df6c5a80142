/** The store's calls for dead letters on a connection that is closed afterwards. */
import type { Config } from '../../config/index.ts'
import { StorePool } from '../../store/connection.ts'
import {
  type LetterContents,
  type LetterFilter,
  type LetterKey,
  letterContents,
  letterKeys,
  purgeLetters,
  readLetters,
  type StoredLetter,
} from '../../store/dead-letters.ts'

export interface Letters {
  read(filter: LetterFilter, limit: number): Promise<StoredLetter[]>
  contents(letter: LetterKey): Promise<LetterContents | null>
  /** How many there were; null: no limit. */
  purge(filter: LetterFilter, limit: number | null): Promise<number>
}

/** Of one transaction of a purge. */
const PURGE_LETTERS = 5_000

/** @throws PipelineError as the store has it */
export async function withLetters<T>(
  { postgres }: Config,
  work: (letters: Letters) => Promise<T>,
): Promise<T> {
  const pool = new StorePool(postgres)
  try {
    return await work({
      read: (filter, limit) => readLetters(pool, filter, limit),
      contents: letter => letterContents(pool, letter),
      purge: (filter, limit) => purgeAll(pool, filter, limit),
    })
  } finally {
    await pool.end()
  }
}

async function purgeAll(pool: StorePool, filter: LetterFilter, limit: number | null): Promise<number> {
  let purged = 0
  let after: LetterKey | null = null
  for (let left = limit ?? Number.POSITIVE_INFINITY; left > 0; ) {
    const keys: LetterKey[] = await letterKeys(pool, filter, after, Math.min(PURGE_LETTERS, left))
    if (keys.length === 0) break
    purged += await purgeLetters(pool, keys)
    after = keys.at(-1)!
    left -= keys.length
  }
  return purged
}

/**
 * Replays dead letters: finds them (store), parses them with the configuration of now (parser.ts), stores them (sink).
 * Neighbour: cli/dead-letters.ts. docs/dead-letters.md says what is promised.
 */
import { type Config, parserSettings, pipelineFinder, stepContext } from '../config/index.ts'
import { stepCompiler } from '../parse/step-compiler.ts'
import { Replayer } from '../sink/replay.ts'
import { StorePool } from '../store/connection.ts'
import { type LetterFilter, type LetterKey, letterKeys } from '../store/dead-letters.ts'
import { Segments } from '../store/segments.ts'
import { LetterParser } from './parser.ts'

export interface ReplayReport {
  readonly replayed: number
  /** Letters that were tried and stay. */
  readonly failed: number
  /** Why they stay, the most frequent first. */
  readonly reasons: readonly { readonly reason: string; readonly letters: number }[]
}

/** Of one transaction: small enough that a lock on them is short and their bytes fit. */
const MOST_LETTERS = 500
const MOST_BYTES = 8 * 2 ** 20

/** Tries the waiting letters that match, at most `limit` (null: all), each once. */
export async function replayLetters(
  config: Config,
  filter: LetterFilter,
  limit: number | null,
): Promise<ReplayReport> {
  const { postgres, storage } = config
  const pool = new StorePool(postgres)
  const segments = new Segments(pool, storage.segment, () => undefined)
  const reasons = new Map<string, number>()
  let replayed = 0
  let replayer: Replayer | null = null
  try {
    const pipelines = parserSettings(config)
    const compile = await stepCompiler(pipelines, stepContext(config))
    const parser = new LetterParser(pipelines, pipelineFinder(config), compile)
    replayer = await Replayer.connect({
      url: postgres.url,
      connectTimeoutMs: postgres.connectTimeoutMs,
      columns: config.columns.map(({ name }) => name),
      parse: letter => parser.parse(letter),
      ensureSegments: starts => segments.ensure(starts),
    })
    for await (const keys of portions(pool, { ...filter, state: 'waiting' }, limit)) {
      const outcome = await replayer.replay(keys)
      replayed += outcome.replayed
      for (const [reason, letters] of outcome.reasons)
        reasons.set(reason, (reasons.get(reason) ?? 0) + letters)
    }
  } finally {
    await replayer?.end()
    await pool.end()
  }
  const counted = [...reasons].map(([reason, letters]) => ({ reason, letters }))
  const failed = counted.reduce((sum, { letters }) => sum + letters, 0)
  return { replayed, failed, reasons: counted.sort((a, b) => b.letters - a.letters) }
}

/** The keys of the letters in order, as much at a time as one transaction takes: at least one. */
async function* portions(
  pool: StorePool,
  filter: LetterFilter,
  limit: number | null,
): AsyncGenerator<readonly LetterKey[]> {
  let after: LetterKey | null = null
  let left = limit ?? Number.POSITIVE_INFINITY
  while (left > 0) {
    const keys = await letterKeys(pool, filter, after, Math.min(MOST_LETTERS, left))
    const portion = withinBytes(keys)
    if (portion.length === 0) return
    yield portion
    after = portion.at(-1)!
    left -= portion.length
  }
}

function withinBytes(keys: readonly LetterKey[]): readonly LetterKey[] {
  let bytes = 0
  const end = keys.findIndex((key, index) => {
    bytes += key.bytes
    return bytes > MOST_BYTES && index > 0
  })
  return end < 0 ? keys : keys.slice(0, end)
}

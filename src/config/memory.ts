/**
 * The arithmetic between memory.budget, memory.arena and workers (DESIGN: the arena's size). Neighbours: load.ts
 * fills what is not set, checks.ts refuses what does not fit.
 */
import { availableParallelism } from 'node:os'

const MIB = 2 ** 20
const PAGE_BYTES = 65_536
/** What the process takes besides workers and arena, measured: by itself, for the API, and for each worker. */
const BASE_BYTES = 90 * MIB
const API_BYTES = 32 * MIB
const WORKER_BYTES = 35 * MIB
const DEFAULT_ARENA_BYTES = 64 * MIB
const MOST_DEFAULT_WORKERS = 4

/** Set aside in the arena: one jumbo region of so many records, and for each worker two (window and rewrite buffer) and a little more. */
const JUMBO_RECORDS = 6
const SLOT_RECORDS = 2
const SCRATCH_BYTES = MIB

/** The arena that records of that size need: what is set aside for them takes at most half. */
export const arenaForRecords = (recordBytes: number, workers: number): number =>
  2 * (JUMBO_RECORDS * recordBytes + workers * (SLOT_RECORDS * recordBytes + SCRATCH_BYTES))

/** The arena that fetches of that size need: several fit beside each other into its input part. */
export const arenaForFetches = (fetchBytes: number): number => 8 * fetchBytes

export const defaultWorkers = (cores = availableParallelism()): number =>
  Math.max(1, Math.min(cores, MOST_DEFAULT_WORKERS))

/** What shares the budget with the arena. */
export interface Sharers {
  readonly workers: number
  /** The process has the role api. */
  readonly servesApi: boolean
}

/** What is needed for an arena of that size. */
export const budgetFor = (arenaBytes: number, { workers, servesApi }: Sharers): number =>
  BASE_BYTES + (servesApi ? API_BYTES : 0) + WORKER_BYTES * workers + arenaBytes

/** Fills in what is not set (null). An arena derived from a small budget may be too small, even negative. */
export function deriveMemory(
  budgetBytes: number | null,
  arenaBytes: number | null,
  sharers: Sharers,
): { budgetBytes: number; arenaBytes: number } {
  if (arenaBytes === null && budgetBytes !== null) {
    const left = budgetBytes - budgetFor(0, sharers)
    return { budgetBytes, arenaBytes: Math.floor(left / PAGE_BYTES) * PAGE_BYTES }
  }
  const arena = arenaBytes ?? DEFAULT_ARENA_BYTES
  return { budgetBytes: budgetBytes ?? budgetFor(arena, sharers), arenaBytes: arena }
}

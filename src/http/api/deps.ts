/** What the routes below /api/v1 are given; each plugin takes what it needs of it. */
import type { IntakePort } from '../../intake/contract.ts'
import type { Position, Queries } from '../../query/contract.ts'
import type { Tail } from '../tail/deps.ts'
import type { Access, Authorise } from './authorise.ts'

/** Which dead letters; what is not told filters nothing. */
export interface LetterQuestion {
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  readonly code?: string
  /** When the letter was stored, ms since 1970: from `sinceMs` on, before `untilMs`. */
  readonly sinceMs?: number
  readonly untilMs?: number
  readonly state: 'waiting' | 'replayed' | 'any'
}

export interface Letters {
  /** The newest first, without their contents. The query ends when the signal aborts. */
  list(question: LetterQuestion, limit: number, signal: AbortSignal): Promise<readonly object[]>
  /** With all that is kept of it; null: there is none. */
  show(position: Position, signal: AbortSignal): Promise<object | null>
  /** Tries those that wait, at most `limit` (null: all). */
  replay(question: LetterQuestion, limit: number | null): Promise<object>
}

export interface ApiDeps {
  /** Who may ask what. */
  readonly access: Access
  /** Requests a minute that one key, or one address without keys, may make; 0: any number. */
  readonly rateLimit: number
  /** Origins whose pages may read the answers; empty: none but our own. */
  readonly corsOrigins: readonly string[]
  readonly version: string
  readonly queries: Queries
  readonly letters: Letters
  /** How far every partition is behind. */
  readonly lag: () => Promise<object>
  /** Null or missing: http.intake.enabled is off. */
  readonly intake?: IntakePort | null
  /** Missing: nothing can be followed. */
  readonly tail?: Tail
}

/** What is asked before a route is reached. */
export type GuardDeps = Pick<RouteDeps, 'authorise' | 'corsOrigins' | 'rateLimit'>

/** What a route is given. */
export interface RouteDeps extends ApiDeps {
  readonly authorise: Authorise
}

/** What the routes below /api/v1 are given; each plugin takes what it needs of it. */
import type { IntakePort } from '../../intake/contract.ts'
import type { Access } from './authorise.ts'

export interface ApiDeps {
  /** Who may ask what. */
  readonly access: Access
  /** Requests a minute that one key, or one address without keys, may make; 0: any number. */
  readonly rateLimit: number
  /** Origins whose pages may read the answers; empty: none but our own. */
  readonly corsOrigins: readonly string[]
  /** Null or missing: http.intake.enabled is off. */
  readonly intake?: IntakePort | null
}

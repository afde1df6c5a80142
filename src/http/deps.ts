/** What the HTTP server is given; each plugin in this folder takes what it needs of it. */
import type { Config, Redactor } from '../config/index.ts'
import type { Readiness } from '../snapshot.ts'
import type { AnsweredRequest } from './answered.ts'
import type { ApiDeps } from './api/deps.ts'
import type { DebugState } from './debug/state.ts'

type LogLevel = Config['log']['level']

/** What /debug and the routes below it show and change. */
export interface DebugDeps {
  /** Bearer token that is asked for; empty: none, and only requests from this machine are answered. */
  readonly token: string
  /** Everything about the process as plain data, without secrets. */
  readonly state: () => DebugState
  /** Setting → value and origin, secrets redacted. */
  readonly config: () => object
  readonly log: {
    level: LogLevel
    /** For the log: what somebody did to the process over HTTP. */
    note(fields: object, message: string): void
  }
}

export interface HttpDeps {
  readonly readiness: () => Readiness
  /** Null: not to be shown. */
  readonly debug: DebugDeps | null
  /** Null or missing: the process has no role api. */
  readonly api?: ApiDeps | null
  /** Errors and reasons go through it; missing: nothing is secret. */
  readonly redactor?: Redactor
  /** How many connections it holds; missing: any number. */
  readonly maxConnections?: number
  /** Hears of every connection beyond that. */
  readonly onRefused?: () => void
  /** Hears of every request when it is over. */
  readonly onAnswered?: (request: AnsweredRequest) => void
  readonly metrics: { render(): Promise<string>; readonly contentType: string }
}

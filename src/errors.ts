/**
 * Every error that LogCollector raises of its own: a code, whether a retry can help, and the way out.
 * Stages turn vendors' errors into these (one function a stage); docs/errors.md lists the table, held to it by a test.
 * The table is in errors/, by area.
 */
import { engineErrors } from './errors/engine.ts'
import { httpErrors } from './errors/http.ts'
import { intakeErrors } from './errors/intake.ts'
import { kafkaErrors } from './errors/kafka.ts'
import type { ErrorKind } from './errors/kind.ts'
import { postgresErrors } from './errors/postgres.ts'

const kinds = { ...engineErrors, ...kafkaErrors, ...postgresErrors, ...httpErrors, ...intakeErrors } as const

export type ErrorCode = keyof typeof kinds
export const errorKinds: Readonly<Record<ErrorCode, ErrorKind>> = kinds

export type ErrorContext = Readonly<Record<string, string | number | boolean | null>>

/** The one error class of LogCollector: decide by `code` and `retryable`, never by message. */
export class PipelineError extends Error {
  readonly code: ErrorCode
  readonly context: ErrorContext

  constructor(code: ErrorCode, context: ErrorContext = {}, cause?: unknown) {
    const kind = errorKinds[code]
    const facts = Object.entries(context).map(([key, value]) => `${key}=${String(value)}`)
    super(`${kind.meaning}${facts.length ? ` (${facts.join(', ')})` : ''}`, { cause })
    this.name = 'PipelineError'
    this.code = code
    this.context = context
  }

  get retryable(): boolean {
    return errorKinds[this.code].retryable
  }

  get remedy(): string {
    return errorKinds[this.code].remedy
  }
}

/** An error of ours as it is; any other as a fault that is named. */
export const named = (error: unknown): PipelineError =>
  error instanceof PipelineError
    ? error
    : new PipelineError('UNFORESEEN', { reason: messageOf(error) }, error)

/** The message of whatever was thrown. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

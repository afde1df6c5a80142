/**
 * What the intake takes and answers, for those who hand it requests (src/http/intake) and for itself. intake.ts keeps
 * it; docs/intake.md shows the answers.
 */
import type { ErrorCode } from '../errors.ts'

/** How records lie in a body; the OTLP ones are ExportLogsServiceRequest. */
export type BodyFormat = 'json' | 'ndjson' | 'text' | 'otlp-json' | 'otlp-protobuf'

/** Why a record is refused while its neighbours pass, or what keeps it from being accepted now. */
export const recordProblems = {
  RECORD_NOT_JSON: 'it is no JSON',
  RECORD_NOT_OBJECT: 'it is JSON, but no object',
  RECORD_TOO_LARGE: 'it is larger than limits.max_record_bytes, or than Kafka allows for the topic',
  RECORD_UNACKNOWLEDGED: 'Kafka has not acknowledged it in time: send it again',
} as const
export type RecordProblem = keyof typeof recordProblems

export interface IntakeRequest {
  /** Empty: the first of those allowed. */
  readonly topic: string
  readonly format: BodyFormat
  /** Of Content-Encoding; empty: none. */
  readonly encoding: string
  readonly body: AsyncIterable<Buffer>
  /** The Kafka key of every record; null: each its own, or none. */
  readonly recordKey: Buffer | null
  /** Under this name the request counts once; null: as often as it comes. */
  readonly idempotencyKey: string | null
  /** Who sends it: idempotency keys of others are not its own. */
  readonly caller: string
}

export interface Outcome {
  readonly topic: string
  /** Acknowledged by Kafka, now or under the same key before. */
  readonly accepted: number
  /** Never to be stored as they are, in the order of the body. */
  readonly refused: readonly { readonly index: number; readonly code: RecordProblem }[]
  /** Not acknowledged in time; what was on its way may arrive all the same. */
  readonly unacknowledged: readonly number[]
  /** Why; null: Kafka only takes long. */
  readonly failure: ErrorCode | null
  /** Everything had been acknowledged under the same key. */
  readonly isRepetition: boolean
}

export interface IntakePort {
  /** Resolves when every record is acknowledged or refused, or at the deadline. @throws PipelineError HTTP_REQUEST_INVALID or INTAKE_… */
  take(request: IntakeRequest): Promise<Outcome>
}

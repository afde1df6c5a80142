/** What a failed transaction tells: the facts by which classify.ts decides, and the error as ours, for people. */
import pg from 'pg'
import { type ErrorCode, messageOf, PipelineError } from '../errors.ts'
import { classify, type Failure, type Stage, type Verdict } from './classify.ts'
import { RowCountMismatch } from './session.ts'

export interface FailureFacts extends Failure {
  readonly error: PipelineError
  readonly reason: string
  /** "COPY logs, line 7, column attrs" */
  readonly where: string | undefined
}

/** The SQLSTATE that Postgres uses for its own faults stands for ours too. */
const INTERNAL_ERROR = 'XX000'

const DISK_FULL = '53100'

const codes: Readonly<Record<Verdict, ErrorCode>> = {
  row: 'ROW_REFUSED',
  segment: 'POSTGRES_TRANSIENT',
  ours: 'COPY_MALFORMED',
  tail: 'COMMIT_REFUSED',
  fenced: 'POSTGRES_TRANSIENT',
  retry: 'POSTGRES_TRANSIENT',
  notReady: 'POSTGRES_NOT_READY',
  halt: 'COMMIT_REFUSED',
  lost: 'POSTGRES_UNAVAILABLE',
}

export function describeFailure(thrown: unknown, stage: Stage, isAlive: boolean): FailureFacts {
  const cause = thrown instanceof PipelineError && thrown.cause !== undefined ? thrown.cause : thrown
  const server = cause instanceof pg.DatabaseError ? cause : null
  const facts = {
    stage,
    sqlstate: server?.code ?? (cause instanceof RowCountMismatch ? INTERNAL_ERROR : null),
    constraint: server?.constraint ?? null,
    isAlive,
  }
  const reason = asciiOf(messageOf(cause))
  const code = facts.sqlstate === DISK_FULL ? 'POSTGRES_FULL' : codes[classify(facts)]
  const isOurs = cause instanceof PipelineError
  const error = isOurs ? cause : new PipelineError(code, { stage, sqlstate: facts.sqlstate, reason }, cause)
  return { ...facts, error, reason, where: server?.where }
}

/** Reasons are stored beside bytes that Postgres may have refused: printable ASCII goes through always. */
const asciiOf = (text: string): string => text.replace(/[^\x20-\x7e]/g, '?').slice(0, 1_000)

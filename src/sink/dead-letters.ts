/**
 * The dead letters of a transaction: what the parser refused (bytes in the arena), what Postgres refused (bytes fetched
 * again from Kafka, else the encoded row), and records that no worker survived.
 */
import type { Claim } from '../arena/descriptors.ts'
import { DEAD_STEP_FAILED, type DeadLetter, deadLetterReasons, readDeadLetters } from '../kernel/layout.ts'
import type { ParseResult } from '../parse/contract.ts'
import type { Slice } from './slice.ts'
import type { Transaction } from './transaction.ts'

/** A row of dead_letters, as commit_tail reads it: bytes in base64. */
export interface DeadLetterRow {
  readonly topic: number
  readonly kpartition: number
  readonly at_offset: number
  readonly kafka_ms: number | null
  readonly key: string | null
  readonly raw: string | null
  readonly headers: string | null
  readonly encoded: string | null
  readonly code: string
  readonly sqlstate: string | null
  readonly reason: string
}

export interface RawRecord {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [string, Uint8Array | null])[]
  readonly timestampMs: number
}

/** The record with its bytes, or null when Kafka has it no more. Rejects while Kafka does not answer. */
export type RawRecordSource = (claim: Claim, offset: number) => Promise<RawRecord | null>

interface Cause {
  readonly code: string
  readonly sqlstate: string | null
  readonly reason: string
  /** The encoded row, used where there is no record. */
  readonly row: Uint8Array | null
}

/** @param isPlain positions and codes alone: the bytes were refused before */
export async function deadLettersOf(
  transaction: Transaction,
  view: DataView,
  rawRecord: RawRecordSource,
  isPlain: boolean,
): Promise<DeadLetterRow[]> {
  const rows: DeadLetterRow[] = []
  const fetched = async (claim: Claim, offset: number, cause: Cause) => {
    const record = isPlain ? null : await rawRecord(claim, offset)
    rows.push(letter(claim, offset, record, isPlain ? { ...cause, row: null, reason: cause.code } : cause))
  }
  for (const slice of transaction.slices) {
    const { claim, batch } = slice.pending
    if (batch.verdict !== null) {
      await fetched(claim, slice.firstOffset, {
        code: 'worker_failed',
        sqlstate: null,
        reason: batch.verdict,
        row: null,
      })
    }
    for (const dead of parsedDeadLetters(slice, view)) {
      const cause = causeOf(dead, batch.result)
      if (isPlain || dead.headers === null) await fetched(claim, dead.offset, cause)
      else rows.push(letter(claim, dead.offset, { ...dead, headers: dead.headers }, cause))
    }
    if (slice.refusal === null) continue
    const { sqlstate, reason } = slice.refusal
    const row = rowBytes(slice, view)
    await fetched(claim, slice.pending.offsetOf(slice.rowTo), { code: 'row_refused', sqlstate, reason, row })
  }
  return rows
}

function causeOf({ code, offset }: DeadLetter, { stepFailures }: ParseResult): Cause {
  const isStep = code === DEAD_STEP_FAILED
  const failure = isStep ? stepFailures.find(failure => failure.offset === offset) : undefined
  return {
    code: isStep ? 'step_failed' : 'parse_refused',
    sqlstate: null,
    reason: failure?.reason ?? deadLetterReasons[code] ?? '',
    row: null,
  }
}

function parsedDeadLetters(slice: Slice, view: DataView): DeadLetter[] {
  const { region, result } = slice.pending.batch
  if (region === null || result.deadLetters === 0) return []
  const all = readDeadLetters(view, region.address, result)
  return all.filter(({ offset }) => offset >= slice.firstOffset && offset < slice.nextOffset)
}

function rowBytes({ pending, rowTo }: Slice, view: DataView): Uint8Array {
  const address = pending.addressOf(rowTo)
  return new Uint8Array(view.buffer, address, pending.addressOf(rowTo + 1) - address)
}

function letter(claim: Claim, offset: number, record: RawRecord | null, cause: Cause): DeadLetterRow {
  return {
    topic: claim.topicId,
    kpartition: claim.partition,
    at_offset: offset,
    kafka_ms: record?.timestampMs ?? null,
    key: base64(record?.key ?? null),
    raw: base64(record?.value ?? null),
    headers: record === null || record.headers.length === 0 ? null : base64(headersJson(record)),
    encoded: record === null ? base64(cause.row) : null,
    code: cause.code,
    sqlstate: cause.sqlstate,
    reason: cause.reason,
  }
}

const headersJson = ({ headers }: RawRecord): Uint8Array =>
  Buffer.from(JSON.stringify(headers.map(([name, value]) => [name, base64(value)])))

const base64 = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')

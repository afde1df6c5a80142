/**
 * Reads what the kernel leaves in an output region: row table, rollups, dead letters (layouts: memory-map.ts and
 * README.md). For the main thread. Byte ranges that it returns are views of the arena: gone when the region is.
 */
import type { ParseResult } from '../parse/contract.ts'
import {
  DEAD_CODE_AT,
  DEAD_FIXED_BYTES,
  DEAD_FLAG_NO_PAYLOAD,
  DEAD_FLAGS_AT,
  DEAD_HEADERS_LENGTH_AT,
  DEAD_KEY_LENGTH_AT,
  DEAD_TIME_AT,
  DEAD_VALUE_LENGTH_AT,
  ROLLUP_FIXED_BYTES,
  ROLLUP_LENGTH_AT,
  ROLLUP_MINUTE_AT,
  ROLLUP_RECORDS_AT,
  ROLLUP_SEVERITY_AT,
  ROW_ENTRY_BYTES,
} from './memory-map.ts'

export interface RowEntry {
  /** Of the row's first byte and of the one behind it, from the region's address. */
  readonly start: number
  readonly end: number
  /** Kafka's offset. */
  readonly offset: number
  readonly valueBytes: number
}

export interface Rollup {
  /** Minutes since 1970. */
  readonly minute: number
  readonly severity: number
  /** Empty: none. */
  readonly service: string
  readonly records: number
  /** Sum of the sizes of the values. */
  readonly bytes: number
}

export interface DeadLetter {
  readonly offset: number
  /** As Kafka has it, ms since 1970. */
  readonly timestampMs: number
  /** A key of deadLetterReasons. */
  readonly code: number
  /** False: it did not fit; key, value and headers are null then, the lengths are right. */
  readonly hasPayload: boolean
  readonly keyLength: number
  readonly valueLength: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer | null])[] | null
}

const align8 = (at: number): number => Math.ceil(at / 8) * 8

/** Row `index` (0 to rows - 1) of a result whose region begins at `region`. */
export function readRow(view: DataView, region: number, result: ParseResult, index: number): RowEntry {
  const entry = region + result.rowTableAt + index * ROW_ENTRY_BYTES
  return {
    start: index === 0 ? 0 : view.getUint32(entry - ROW_ENTRY_BYTES, true),
    end: view.getUint32(entry, true),
    offset: result.firstOffset + view.getUint32(entry + 4, true),
    valueBytes: view.getUint32(entry + 8, true),
  }
}

/** All rollups of a result, in no order. */
export function readRollups(view: DataView, region: number, result: ParseResult): Rollup[] {
  const bytes = bytesOf(view)
  const rollups: Rollup[] = []
  let at = region + result.rollupsAt
  for (let i = 0; i < result.rollups; i++) {
    const length = view.getUint16(at + ROLLUP_LENGTH_AT, true)
    rollups.push({
      minute: view.getUint32(at + ROLLUP_MINUTE_AT, true),
      severity: view.getUint16(at + ROLLUP_SEVERITY_AT, true),
      service: bytes.toString('utf8', at + ROLLUP_FIXED_BYTES, at + ROLLUP_FIXED_BYTES + length),
      records: view.getUint32(at + ROLLUP_RECORDS_AT, true),
      bytes: Number(view.getBigUint64(at, true)),
    })
    at += align8(ROLLUP_FIXED_BYTES + length)
  }
  return rollups
}

/** All dead letters of a result, by offset (the region has the newest first). */
export function readDeadLetters(view: DataView, region: number, result: ParseResult): DeadLetter[] {
  const letters: DeadLetter[] = []
  let at = region + result.deadLettersAt
  for (let i = 0; i < result.deadLetters; i++) {
    letters.push(readDeadLetter(view, at))
    at += deadLetterBytes(view, at)
  }
  return letters.reverse()
}

const hasPayload = (view: DataView, at: number): boolean =>
  (view.getUint16(at + DEAD_FLAGS_AT, true) & DEAD_FLAG_NO_PAYLOAD) === 0

const lengthsOf = (view: DataView, at: number): [key: number, value: number, headers: number] => [
  view.getInt32(at + DEAD_KEY_LENGTH_AT, true),
  view.getInt32(at + DEAD_VALUE_LENGTH_AT, true),
  view.getInt32(at + DEAD_HEADERS_LENGTH_AT, true),
]

function deadLetterBytes(view: DataView, at: number): number {
  if (!hasPayload(view, at)) return DEAD_FIXED_BYTES
  return align8(lengthsOf(view, at).reduce((sum, length) => sum + Math.max(length, 0), DEAD_FIXED_BYTES))
}

function readDeadLetter(view: DataView, at: number): DeadLetter {
  const [keyLength, valueLength, headersLength] = lengthsOf(view, at)
  const fixed = {
    offset: Number(view.getBigInt64(at, true)),
    timestampMs: Number(view.getBigInt64(at + DEAD_TIME_AT, true)),
    code: view.getUint16(at + DEAD_CODE_AT, true),
    keyLength,
    valueLength,
  }
  if (!hasPayload(view, at)) return { ...fixed, hasPayload: false, key: null, value: null, headers: null }
  const bytes = bytesOf(view)
  const keyAt = at + DEAD_FIXED_BYTES
  const valueAt = keyAt + Math.max(keyLength, 0)
  const headersAt = valueAt + Math.max(valueLength, 0)
  return {
    ...fixed,
    hasPayload: true,
    key: keyLength < 0 ? null : bytes.subarray(keyAt, valueAt),
    value: valueLength < 0 ? null : bytes.subarray(valueAt, headersAt),
    headers: readHeaders(bytes.subarray(headersAt, headersAt + headersLength)),
  }
}

/** A record's header block: count varint · count × (name length varint · name · value length varint · value). */
function readHeaders(block: Buffer): [string, Buffer | null][] {
  let at = 0
  const varint = (): number => {
    let bits = 0
    let scale = 1
    for (;;) {
      const byte = block[at++] ?? 0
      bits += (byte & 0x7f) * scale
      if (byte < 0x80) return bits % 2 === 0 ? bits / 2 : -(bits + 1) / 2
      scale *= 128
    }
  }
  const take = (length: number): Buffer => {
    at += length
    return block.subarray(at - length, at)
  }
  return Array.from({ length: varint() }, () => {
    const name = take(varint()).toString('utf8')
    const length = varint()
    return [name, length < 0 ? null : take(length)]
  })
}

const bytesOf = (view: DataView): Buffer => Buffer.from(view.buffer, view.byteOffset, view.byteLength)

/**
 * A row of COPY binary, decoded (for looking at what the kernel wrote) and encoded (its twin), plainly.
 * Format: PostgreSQL manual, COPY, "Binary Format"; jsonb is a version byte and text.
 */
import type { ColumnType } from '../../src/parse/contract.ts'
import type { ExtraValue } from './extra-column.ts'

export interface Row {
  /** Microseconds since 1970. */
  readonly ts: bigint
  readonly severity: number
  readonly service: string | null
  readonly host: string | null
  readonly traceId: string | null
  readonly spanId: string | null
  readonly message: string | null
  /** The JSON text as written. */
  readonly attrs: string
  readonly topicId: number
  readonly partition: number
  readonly offset: number
  /** Of the columns that the settings add. */
  readonly extras: readonly ExtraValue[]
}

const POSTGRES_EPOCH_US = 946_684_800_000_000n
const FIELDS = 11
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes one row that fills the bytes. @throws when it does not, or a text is not UTF-8 or holds NUL. */
export function decodeRow(row: Buffer, extras: readonly ColumnType[] = []): Row {
  let at = 2
  if (row.readInt16BE(0) !== FIELDS + extras.length) throw new Error(`a row of ${row.readInt16BE(0)} fields`)
  const next = (): Buffer | null => {
    const length = row.readInt32BE(at)
    at += 4
    if (length < 0) return null
    if (at + length > row.length) throw new Error('a field ends behind its row')
    at += length
    return row.subarray(at - length, at)
  }
  const sized = (bytes: number): Buffer => {
    const field = next()
    if (field?.length !== bytes) throw new Error(`a field of ${field?.length} bytes, not ${bytes}`)
    return field
  }
  const text = (): string | null => {
    const field = next()
    if (field?.includes(0)) throw new Error('NUL in a text')
    return field && utf8.decode(field)
  }
  const decoded = {
    ts: sized(8).readBigInt64BE() + POSTGRES_EPOCH_US,
    severity: sized(2).readInt16BE(),
    service: text(),
    host: text(),
    traceId: text(),
    spanId: text(),
    message: text(),
    attrs: jsonbOf(text()),
    topicId: sized(2).readInt16BE(),
    partition: sized(4).readInt32BE(),
    offset: Number(sized(8).readBigInt64BE()),
    extras: extras.map(type => decodeExtra(next(), type)),
  }
  if (at !== row.length) throw new Error(`${row.length - at} bytes behind a row`)
  return decoded
}

const integerBytes: Readonly<Partial<Record<ColumnType, number>>> = {
  ...{ smallint: 2, integer: 4, bigint: 8, timestamptz: 8, boolean: 1 },
}

function decodeExtra(field: Buffer | null, type: ColumnType): ExtraValue {
  if (field === null) return null
  if (type === 'text') {
    if (field.includes(0)) throw new Error('NUL in a text')
    return utf8.decode(field)
  }
  const bytes = integerBytes[type] ?? (type === 'uuid' ? 16 : 8)
  if (field.length !== bytes) throw new Error(`a ${type} of ${field.length} bytes`)
  if (type === 'uuid') return field.toString('hex')
  if (type === 'double precision') return field.readBigUInt64BE()
  const value = BigInt.asIntN(bytes * 8, BigInt(`0x${field.toString('hex')}`))
  return type === 'timestamptz' ? value + POSTGRES_EPOCH_US : value
}

function jsonbOf(field: string | null): string {
  if (field?.charCodeAt(0) !== 1) throw new Error('not version 1 of jsonb')
  return field.slice(1)
}

/** Encodes a row. */
export function encodeRow(row: Row): Buffer {
  const field = (bytes: Buffer | null): Buffer => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(bytes?.length ?? -1)
    return Buffer.concat([length, bytes ?? Buffer.alloc(0)])
  }
  const text = (value: string | null): Buffer => field(value === null ? null : Buffer.from(value))
  const int = (value: bigint, bytes: number): Buffer => {
    const wide = Buffer.alloc(8)
    wide.writeBigInt64BE(value)
    return field(wide.subarray(8 - bytes))
  }
  return Buffer.concat([
    Buffer.from([0, FIELDS]),
    int(row.ts - POSTGRES_EPOCH_US, 8),
    int(BigInt(row.severity), 2),
    ...[row.service, row.host, row.traceId, row.spanId, row.message].map(text),
    text(`\u0001${row.attrs}`),
    int(BigInt(row.topicId), 2),
    int(BigInt(row.partition), 4),
    int(BigInt(row.offset), 8),
  ])
}

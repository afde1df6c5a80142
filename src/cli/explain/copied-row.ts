/**
 * Reads a row of COPY binary back into values for people. Layout: PostgreSQL manual, COPY, "Binary Format"; columns as
 * in src/kernel/README.md.
 */
import { type ColumnType, type ExtraColumn, promotedColumns } from '../../parse/contract.ts'

/** Postgres counts from 2000-01-01, in microseconds. */
const POSTGRES_EPOCH_US = 946_684_800_000_000n
const FIXED = [...promotedColumns, 'attrs'] as const

export type ColumnValue = string | number | boolean | null | object

/** Column → value; times as ISO text, attrs as the object that it is. Without topic, partition and offset. */
export function copiedRow(copy: Buffer, columns: readonly ExtraColumn[]): Record<string, ColumnValue> {
  const fields: (Buffer | null)[] = []
  for (let at = 2; at < copy.length; ) {
    const length = copy.readInt32BE(at)
    at += 4
    fields.push(length < 0 ? null : copy.subarray(at, at + length))
    at += Math.max(0, length)
  }
  const row: Record<string, ColumnValue> = {}
  FIXED.forEach((name, index) => {
    row[name] = fixedValue(name, fields[index]!)
  })
  columns.forEach(({ name, type }, index) => {
    row[name] = typedValue(type, fields[FIXED.length + 3 + index]!)
  })
  return row
}

function fixedValue(name: (typeof FIXED)[number], bytes: Buffer | null): ColumnValue {
  if (bytes === null) return null
  if (name === 'ts') return timeOf(bytes)
  if (name === 'severity') return bytes.readInt16BE()
  // A byte for the version of jsonb stands before it.
  return name === 'attrs' ? JSON.parse(bytes.toString('utf8', 1)) : bytes.toString()
}

function typedValue(type: ColumnType, bytes: Buffer | null): ColumnValue {
  if (bytes === null) return null
  switch (type) {
    case 'smallint':
      return bytes.readInt16BE()
    case 'integer':
      return bytes.readInt32BE()
    case 'bigint':
      return String(bytes.readBigInt64BE())
    case 'double precision':
      return bytes.readDoubleBE()
    case 'boolean':
      return bytes[0] === 1
    case 'timestamptz':
      return timeOf(bytes)
    case 'uuid':
      return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    case 'text':
      return bytes.toString()
  }
}

function timeOf(bytes: Buffer): string {
  const us = bytes.readBigInt64BE() + POSTGRES_EPOCH_US
  const fraction = String(us % 1_000_000n).padStart(6, '0')
  return `${new Date(Number(us / 1000n)).toISOString().slice(0, 19)}.${fraction}Z`
}

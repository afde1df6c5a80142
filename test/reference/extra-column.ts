/**
 * Values of extra columns, plainly: twin of src/kernel/assembly/extra-columns.ts and double.ts.
 */
import type { ColumnType } from '../../src/parse/contract.ts'
import type { Json } from './json.ts'
import { sanitize } from './text.ts'
import { parseTime } from './timestamp.ts'

/** Integers, times in microseconds since 1970 and booleans as numbers, doubles by their bits, the rest as text. */
export type ExtraValue = bigint | string | null

const MAX_BYTES = 64
const INTEGER = /^([+-]?\d+)(?:\.0+)?$/
const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/
const UUID = /^([0-9a-f]{8})(-?)([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{4})\2([0-9a-f]{12})$/i
const bitsOf: Readonly<Record<string, number>> = { smallint: 16, integer: 32, bigint: 64 }

/** The value, or undefined where it does not fit; `kafkaTime` as for parseTime. */
export function extraValue(value: Json, type: ColumnType, kafkaTime: bigint): ExtraValue | undefined {
  if (value.kind === 'null') return null
  if (value.kind === 'object' || value.kind === 'array') return undefined
  if (type === 'text') return sanitize(value.text).text
  return Buffer.byteLength(value.text) > MAX_BYTES ? undefined : typed(value.text, type, kafkaTime)
}

function typed(text: string, type: ColumnType, kafkaTime: bigint): ExtraValue | undefined {
  switch (type) {
    case 'boolean':
      if (/^(true|t|yes|y|on|1)$/i.test(text)) return 1n
      return /^(false|f|no|n|off|0)$/i.test(text) ? 0n : undefined
    case 'double precision':
      return NUMBER.test(text) ? doubleBits(text) : undefined
    case 'timestamptz':
      return parseTime(text, kafkaTime) ?? undefined
    case 'uuid':
      return UUID.test(text) ? text.replaceAll('-', '').toLowerCase() : undefined
    default:
      return integer(text, BigInt(bitsOf[type]!))
  }
}

function integer(text: string, bits: bigint): bigint | undefined {
  const digits = INTEGER.exec(text)?.[1]
  if (digits === undefined) return undefined
  const value = BigInt(digits.replace('+', ''))
  const limit = 1n << (bits - 1n)
  return value >= -limit && value < limit ? value : undefined
}

function doubleBits(text: string): bigint | undefined {
  const value = Number(text)
  const isNothing = value === 0 && /[1-9]/.test(text.replace(/[eE].*/, ''))
  if (!Number.isFinite(value) || isNothing) return undefined
  const bytes = Buffer.alloc(8)
  bytes.writeDoubleBE(value)
  return bytes.readBigUInt64BE()
}

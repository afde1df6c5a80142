/**
 * The typed columns behind those of the table: the field of each is read before attrs are written, because only what
 * fits its type leaves them. A value that does not fit stays there, and the column is null.
 * Twin: test/reference/extra-column.ts.
 *
 *   smallint, integer, bigint  [ sign ] 1*digit [ "." 1*"0" ], in range       boolean  true false t f yes no y n on off 1 0
 *   double precision           a JSON number of at most 64 bytes              text     any scalar
 *   timestamptz                as ts (timestamp.ts)                           uuid     32 hex digits, in groups or not
 */
import {
  EXTRA_TYPES_AT,
  EXTRA_VALUES_AT,
  MAX_ALIASES,
  TYPE_BIGINT,
  TYPE_BOOLEAN,
  TYPE_DOUBLE,
  TYPE_INTEGER,
  TYPE_SMALLINT,
  TYPE_TEXT,
  TYPE_TIMESTAMPTZ,
} from '../memory-map'
import { leaveOut } from './attrs'
import { NO_TIME } from './calendar'
import { shortField, shortText } from './columns'
import { readDouble, readDoubleBits } from './double'
import { hexDigit } from './escape'
import { Field, fieldOf } from './fields'
import { POSTGRES_EPOCH_US } from './row'
import { storeBigEndian16, storeBigEndian32, storeBigEndian64 } from './simd'
import { FLAG_BAD, KIND_BOOLEAN, KIND_NULL, KIND_STRING, row, scan, task } from './state'
import { writeString } from './text'
import { parseTime } from './timestamp'

const VALUE_BYTES: u32 = 16
/** Longer is no value of any type but text. */
const LONGEST_TEXT: usize = 64

function typeOf(column: u32): u32 {
  return load<u8>(task.slot + column, EXTRA_TYPES_AT)
}

function valueOf(column: u32): usize {
  return task.slot + EXTRA_VALUES_AT + column * VALUE_BYTES
}

/** Reads the fields that were met; sets row.filled, and row.changed where one does not fit. */
export function resolveExtraColumns(): void {
  let met = scan.seenExtra
  for (; met != 0; met &= met - 1) {
    const column = ctz(met)
    const field = fieldOf(MAX_ALIASES + column)
    if (field.kind == KIND_NULL) continue
    if (field.kind <= KIND_BOOLEAN && fits(field, typeOf(column), valueOf(column))) {
      row.filled |= 1 << column
      leaveOut(changetype<usize>(field))
    } else {
      row.changed = true
    }
  }
}

/** Does the field hold a value of the type? Writes it to `to`, unless it is a text. */
function fits(field: Field, type: u32, to: usize): bool {
  if (type == TYPE_TEXT) {
    // It is written behind attrs, which have to say so.
    if (field.kind == KIND_STRING && (field.flags & FLAG_BAD) != 0) row.changed = true
    return true
  }
  const text = shortText(field)
  const end = shortField.end
  if (end - text > LONGEST_TEXT) return false
  if (type <= (TYPE_BIGINT as u32)) return readInteger(text, end, type, to)
  if (type == TYPE_BOOLEAN) return readBoolean(text, end, to)
  if (type == TYPE_DOUBLE) {
    if (!readDouble(text, end)) return false
    storeBigEndian64(to, readDoubleBits())
    return true
  }
  if (type != TYPE_TIMESTAMPTZ) return readUuid(text, end, to)
  const time = parseTime(text, end)
  if (time == NO_TIME) return false
  storeBigEndian64(to, (time - POSTGRES_EPOCH_US) as u64)
  return true
}

/** Writes all of them with their lengths. */
export function writeExtraColumns(to: usize): usize {
  for (let column: u32 = 0; column < task.extraColumns; ++column) {
    if ((row.filled & (1 << column)) == 0) {
      storeBigEndian32(to, -1)
      to += 4
      continue
    }
    const type = typeOf(column)
    if (type == TYPE_TEXT) {
      const field = fieldOf(MAX_ALIASES + column)
      const flags = field.kind == KIND_STRING ? field.flags : 0
      const end = writeString(to + 4, field.start, field.end, flags, (field.end - field.start) * 3)
      storeBigEndian32(to, (end - to - 4) as u32)
      to = end
      continue
    }
    const bytes = bytesOf(type)
    storeBigEndian32(to, bytes)
    v128.store(to, v128.load(valueOf(column)), 4)
    to += 4 + bytes
  }
  return to
}

function bytesOf(type: u32): u32 {
  if (type == TYPE_SMALLINT) return 2
  if (type == TYPE_INTEGER) return 4
  if (type == TYPE_BOOLEAN) return 1
  return type == TYPE_BIGINT || type == TYPE_DOUBLE || type == TYPE_TIMESTAMPTZ ? 8 : 16
}

function readInteger(p: usize, end: usize, type: u32, to: usize): bool {
  const isNegative = p < end && load<u8>(p) == 0x2d
  if (p < end && (isNegative || load<u8>(p) == 0x2b)) p++
  const start = p
  const limit: u64 =
    ((1 as u64) << (type == TYPE_SMALLINT ? 15 : type == TYPE_INTEGER ? 31 : 63)) - 1 + (isNegative ? 1 : 0)
  let value: u64 = 0
  while (p < end) {
    const digit = (load<u8>(p) as u64) - 0x30
    if (digit > 9) break
    if (value > (limit - digit) / 10) return false
    value = value * 10 + digit
    p++
  }
  if (p == start || !isZeroFraction(p, end)) return false
  if (isNegative) value = (0 as u64) - value
  if (type == TYPE_SMALLINT) storeBigEndian16(to, value as u16)
  else if (type == TYPE_INTEGER) storeBigEndian32(to, value as u32)
  else storeBigEndian64(to, value)
  return true
}

/** Nothing, or a point and zeros. */
function isZeroFraction(p: usize, end: usize): bool {
  if (p == end) return true
  if (load<u8>(p) != 0x2e || p + 1 == end) return false
  while (++p < end) if (load<u8>(p) != 0x30) return false
  return true
}

/** The words are looked at in lower case, as the first bytes of a little-endian number. */
function readBoolean(p: usize, end: usize, to: usize): bool {
  const length = end - p
  if (length == 0 || length > 5) return false
  const all = load<u64>(p) & (((1 as u64) << ((length * 8) as u64)) - 1)
  const word = all | (0x2020202020 & (((1 as u64) << ((length * 8) as u64)) - 1))
  const isTrue =
    all == 0x31 || word == 0x65757274 || word == 0x74 || word == 0x736579 || word == 0x79 || word == 0x6e6f
  const isFalse =
    all == 0x30 || word == 0x65736c6166 || word == 0x66 || word == 0x6f6e || word == 0x6e || word == 0x66666f
  if (!isTrue && !isFalse) return false
  store<u8>(to, isTrue ? 1 : 0)
  return true
}

function readUuid(p: usize, end: usize, to: usize): bool {
  const isGrouped = end - p == 36
  if (!isGrouped && end - p != 32) return false
  for (let i: u32 = 0; i < 16; ++i) {
    if (isGrouped && (i == 4 || i == 6 || i == 8 || i == 10)) {
      if (load<u8>(p) != 0x2d) return false
      p++
    }
    const high = hexDigit(load<u8>(p))
    const low = hexDigit(load<u8>(p, 1))
    if ((high | low) > 15) return false
    store<u8>(to + i, ((high << 4) | low) as u8)
    p += 2
  }
  return true
}

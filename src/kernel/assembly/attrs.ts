/**
 * attrs: the record's members less the fields that became columns, byte for byte where Postgres takes them, and
 * behind them what LogCollector adds under `lc.` and `kafka.`; pairs.ts does the same for logfmt. Twin:
 * test/reference/record.ts.
 *
 * Members go in the order of member-order.ts where it has a plan. Where not, a promoted member is left out with one comma
 * beside it. An object that loses all its members stays as {}.
 */
import { CUTS_AT, FLAG_HEADERS, FLAG_KEYS } from '../memory-map'
import { Field } from './fields'
import { skipSpace } from './json'
import { writeOrdered } from './member-order'
import { writePairValue } from './pairs'
import { copyJson } from './repair'
import {
  KIND_STRING,
  record,
  row,
  scan,
  task,
  VALUE_EMPTY,
  VALUE_NOT_ACCESS,
  VALUE_NOT_JSON,
  VALUE_NOT_LOGFMT,
  VALUE_NOT_OBJECT,
  VALUE_NOT_SYSLOG,
  VALUE_PAIRS,
  VALUE_TOMBSTONE,
  VALUE_TOO_DEEP,
} from './state'
import { writeAscii, writeInteger, writeQuoted } from './text'
import { readVarint, varint } from './varint'

/** Notes that attrs leave the field out. Without a plan the notes are kept in the order of the text. */
export function leaveOut(field: usize): void {
  if (scan.plan != 0) {
    row.leftOut |= (1 as u64) << (changetype<Field>(field).member as u64)
    return
  }
  const cuts = task.slot + CUTS_AT
  let at = row.cuts++
  while (at > 0 && changetype<Field>(load<u32>(cuts + (at - 1) * 4)).start > changetype<Field>(field).start) {
    store<u32>(cuts + at * 4, load<u32>(cuts + (at - 1) * 4))
    at--
  }
  store<u32>(cuts + at * 4, field as u32)
}

/** The members of the scanned JSON object that stay: in jsonb's order where there is a plan, else as they came. */
export function writeMembers(to: usize): usize {
  return scan.plan != 0 ? writeOrdered(to) : writeAsTheyCame(to)
}

function writeAsTheyCame(to: usize): usize {
  const cuts = task.slot + CUTS_AT
  let p = scan.object + 1
  if (skipSpace(p, scan.objectEnd) == scan.objectEnd) return to
  for (let i: u32 = 0; i < row.cuts; ++i) {
    const field = changetype<Field>(load<u32>(cuts + i * 4))
    const last = i > 0 ? changetype<Field>(load<u32>(cuts + (i - 1) * 4)) : field
    const before = beforeMember(field)
    field.kept = keptBefore(field, last, i > 0)
    if (before > p) to = copyJson(to, p, before)
    p = behindMember(field)
    if (load<u8>(p - 1) != 0x2c || field.kept == 0) continue
    const isNextLeftOut =
      i + 1 < row.cuts && isAdjacent(field, changetype<Field>(load<u32>(cuts + (i + 1) * 4)))
    if (!isNextLeftOut) store<u8>(to++, 0x2c)
  }
  return copyJson(to, p, scan.objectEnd)
}

function isFirst(field: Field): bool {
  return load<u8>(field.token) == 0x7b
}

/** Where leaving the member out begins: its comma, or behind the brace that opens the object. */
function beforeMember(field: Field): usize {
  return isFirst(field) ? field.token + 1 : skipSpace(field.token, scan.objectEnd)
}

/** Where it ends: behind the next comma, or at the brace that closes the object. */
function behindMember(field: Field): usize {
  const quote: usize = field.kind == KIND_STRING ? 1 : 0
  const p = skipSpace(field.end + quote, scan.objectEnd)
  return load<u8>(p) == 0x2c ? p + 1 : p
}

/** Does the next field stand behind the first one's comma? */
function isAdjacent(field: Field, next: Field): bool {
  return beforeMember(next) + 1 == behindMember(field)
}

/** Does a kept member of the same object stand before the field? last is the field left out before it, if any. */
function keptBefore(field: Field, last: Field, hasLast: bool): u32 {
  if (isFirst(field)) return 0
  return hasLast && isAdjacent(last, field) ? last.kept : 1
}

/** Adds a member's key (with quotes and colon), behind a comma unless it is the first; first is behind the brace. */
function writeKey(to: usize, first: usize, key: string): usize {
  if (to != first) store<u8>(to++, 0x2c)
  return writeAscii(to, key)
}

/** The field that named a time out of the window, as it came. */
function writeRefusedTime(to: usize, first: usize, kind: u32): usize {
  const field = changetype<Field>(row.refusedTime)
  to = writeKey(to, first, '"lc.ts":')
  if (kind == VALUE_PAIRS) return writePairValue(to, field.start, field.end, field.kind, field.flags)
  const quote: usize = field.kind == KIND_STRING ? 1 : 0
  return copyJson(to, field.start - quote, field.end + quote)
}

/** What does not come from the value: the key and headers when asked for, and what was done to the record. */
export function writeExtras(to: usize, first: usize, kind: u32): usize {
  if (row.refusedTime != 0) to = writeRefusedTime(to, first, kind)
  if (row.timeReplaced) to = writeInteger(writeKey(to, first, '"lc.kafka_ts":'), record.rawTime)
  if (task.flags & FLAG_KEYS && record.keyLength >= 0) {
    to = writeQuoted(writeKey(to, first, '"kafka.key":'), record.key, record.key + record.keyLength)
  }
  if (task.flags & FLAG_HEADERS) to = writeHeaders(to, first)
  if (row.origin == VALUE_TOMBSTONE) to = writeAscii(writeKey(to, first, '"lc.tombstone":'), 'true')
  else if (row.origin >= VALUE_NOT_JSON)
    to = writeAscii(writeKey(to, first, '"lc.error":'), reasonOf(row.origin))
  if (row.changed) to = writeAscii(writeKey(to, first, '"lc.sanitized":'), 'true')
  return to
}

function reasonOf(kind: u32): string {
  if (kind == VALUE_NOT_OBJECT) return '"JSON, but no object"'
  if (kind == VALUE_EMPTY) return '"empty value"'
  if (kind == VALUE_NOT_LOGFMT) return '"not logfmt"'
  if (kind == VALUE_NOT_ACCESS) return '"no line of an access log"'
  if (kind == VALUE_NOT_SYSLOG) return '"no line of syslog"'
  return kind == VALUE_TOO_DEEP ? '"JSON nested too deep"' : '"not JSON"'
}

/** The Kafka headers as an object; a record without headers gets none. Their grammar was checked by readRecord. */
function writeHeaders(to: usize, first: usize): usize {
  let p = readVarint(record.headers, record.end)
  let count = varint.value
  if (count == 0) return to
  to = writeKey(to, first, '"kafka.headers":')
  store<u8>(to++, 0x7b)
  while (count-- > 0) {
    p = readVarint(p, record.end)
    const nameEnd = p + (varint.value as usize)
    to = writeQuoted(to, p, nameEnd)
    store<u8>(to++, 0x3a)
    p = readVarint(nameEnd, record.end)
    if (varint.value < 0) {
      to = writeAscii(to, 'null')
    } else {
      to = writeQuoted(to, p, p + (varint.value as usize))
      p += varint.value as usize
    }
    store<u8>(to++, count > 0 ? 0x2c : 0x7d)
  }
  return to
}

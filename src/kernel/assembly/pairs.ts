/**
 * attrs of a record that is no JSON: its pairs less the fields that became columns, as members of a JSON object. The
 * scanner has noted the first of them; logfmt may have any number, and the text of the others is gone through once
 * more. Twin: test/reference/logfmt.ts.
 */
import { COLUMN_KEY_PREFIX, CUTS_AT } from '../memory-map'
import { Field } from './fields'
import { skipSpace } from './json'
import { pairValue, readPairValue, scanWord } from './logfmt'
import { Pair, pairAt } from './noted-pairs'
import { copyBytes } from './simd'
import {
  FLAG_BAD,
  FLAG_COLUMN,
  FLAG_DATA,
  FLAG_FOREIGN,
  FLAG_LITERAL,
  KIND_STRING,
  record,
  row,
  scan,
  task,
} from './state'
import { writeAscii, writeDataValue, writeQuoted, writeRequoted } from './text'

const EQUALS: u8 = 0x3d
const UNFIT: u32 = FLAG_BAD | FLAG_FOREIGN | FLAG_LITERAL

/** Writes members, left-out fields aside; what of them was written and passed. */
class members {
  static first: usize = 0
  static cut: u32 = 0
  static marksColumns: bool = false
}

/** The pairs of the record in hand that stay; those of columns under the columns' own keys where they are marked. */
export function writePairs(to: usize, marksColumns: bool): usize {
  members.first = to
  members.cut = 0
  members.marksColumns = marksColumns
  for (let i: u32 = 0; i < scan.noted; ++i) to = writeMember(to, pairAt(i))
  return scan.rest == 0 ? to : writeRest(to)
}

/** Pairs beyond those that the scanner noted: their text is gone through once more. */
function writeRest(to: usize): usize {
  const end = record.value + record.valueLength
  const pair = pairAt(0)
  let p = scan.rest
  while ((p = skipSpace(p, end)) < end) {
    pair.key = p as u32
    p = scanWord(p, end, EQUALS)
    pair.keyEnd = p as u32
    pair.keyFlags = scan.flags
    pair.value = 0
    pair.prefixEnd = 0
    if (p < end && load<u8>(p) == EQUALS) {
      p = readPairValue(p + 1, end)
      pair.value = pairValue.start as u32
      pair.valueEnd = pairValue.end as u32
      pair.kind = scan.kind
      pair.flags = scan.flags
    }
    to = writeMember(to, pair)
  }
  return to
}

function writeMember(to: usize, pair: Pair): usize {
  const isBare = pair.value == 0
  if (!isBare && members.cut < row.cuts) {
    const field = changetype<Field>(load<u32>(task.slot + CUTS_AT + members.cut * 4))
    if (field.start == pair.value) {
      members.cut++
      return to
    }
  }
  if (to != members.first) store<u8>(to++, 0x2c)
  to = pair.prefixEnd == 0 ? writeKey(to, pair) : writePrefixedKey(to, pair)
  store<u8>(to++, 0x3a)
  if (isBare) return writeAscii(to, 'true')
  return writePairValue(to, pair.value, pair.valueEnd, pair.kind, pair.flags)
}

function writeKey(to: usize, pair: Pair): usize {
  if (!members.marksColumns || (pair.keyFlags & FLAG_COLUMN) == 0)
    return writeWord(to, pair.key, pair.keyEnd, pair.keyFlags)
  // The quote goes where the prefix then stands, and the prefix where the quote was.
  const end = writeWord(to + 1, pair.key, pair.keyEnd, 0)
  store<u8>(to, 0x22)
  store<u8>(to, COLUMN_KEY_PREFIX, 1)
  return end
}

/** The prefix, a dot and the key, in one pair of quotes. */
function writePrefixedKey(to: usize, pair: Pair): usize {
  const dot = writeWord(to, pair.prefix, pair.prefixEnd, pair.keyFlags) - 1
  const end = writeWord(dot, pair.key, pair.keyEnd, pair.keyFlags)
  store<u8>(dot, 0x2e)
  return end
}

/** The value of a pair as JSON. */
export function writePairValue(to: usize, p: usize, end: usize, kind: u32, flags: u32): usize {
  if (kind == KIND_STRING) return writeWord(to, p, end, flags)
  copyBytes(to, p, end - p)
  return to + (end - p)
}

/** A key or string, with quotes: as it is where JSON writes it so. */
function writeWord(to: usize, p: usize, end: usize, flags: u32): usize {
  if (flags & FLAG_LITERAL) return writeQuoted(to, p, end)
  if (flags & FLAG_DATA) return writeDataValue(to, p, end)
  if (flags & UNFIT) return writeRequoted(to, p, end)
  store<u8>(to, 0x22)
  copyBytes(to + 1, p, end - p)
  to += 1 + (end - p)
  store<u8>(to, 0x22)
  return to + 1
}

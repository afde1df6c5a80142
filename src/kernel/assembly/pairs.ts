/**
 * attrs of a logfmt record: its pairs less the fields that became columns, as members of a JSON object. The text is
 * gone through once more, so a record may have any number of pairs. Twin: test/reference/logfmt.ts.
 */
import { CUTS_AT } from '../memory-map'
import { Field } from './fields'
import { skipSpace } from './json'
import { pairValue, readPairValue, scanWord } from './logfmt'
import { copyBytes } from './simd'
import { FLAG_BAD, FLAG_FOREIGN, FLAG_LITERAL, KIND_STRING, record, row, scan, task } from './state'
import { writeAscii, writeQuoted, writeRequoted } from './text'

const EQUALS: u8 = 0x3d
const UNFIT: u32 = FLAG_BAD | FLAG_FOREIGN | FLAG_LITERAL

/** The pairs of the record in hand that stay. */
export function writePairs(to: usize): usize {
  const first = to
  const end = record.value + record.valueLength
  const cuts = task.slot + CUTS_AT
  let cut: u32 = 0
  let p = record.value
  while ((p = skipSpace(p, end)) < end) {
    const key = p
    p = scanWord(key, end, EQUALS)
    const keyEnd = p
    const keyFlags = scan.flags
    const isBare = p >= end || load<u8>(p) != EQUALS
    if (!isBare) {
      p = readPairValue(p + 1, end)
      if (cut < row.cuts && changetype<Field>(load<u32>(cuts + cut * 4)).start == pairValue.start) {
        cut++
        continue
      }
    }
    if (to != first) store<u8>(to++, 0x2c)
    to = writeWord(to, key, keyEnd, keyFlags)
    store<u8>(to++, 0x3a)
    to = isBare
      ? writeAscii(to, 'true')
      : writePairValue(to, pairValue.start, pairValue.end, scan.kind, scan.flags)
  }
  return to
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
  if (flags & UNFIT) return writeRequoted(to, p, end)
  store<u8>(to, 0x22)
  copyBytes(to + 1, p, end - p)
  to += 1 + (end - p)
  store<u8>(to, 0x22)
  return to + 1
}

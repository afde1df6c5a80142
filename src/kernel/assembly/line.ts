/**
 * What the scanners of line formats (access.ts, syslog*.ts) share. They say of each field which it is (LINE_…) and
 * where it lies; its name, and the column that it fills, are in the slot's image (src/kernel/line-names.ts). The pairs
 * go the way of logfmt's. Fields are added in the order of the text, those of words before all others, the severity
 * behind the facility: so their addresses ascend, as noted-pairs.ts wants it.
 */
import {
  LINE_NAME_BYTES,
  LINE_NAME_COLUMN_AT,
  LINE_NAME_LENGTH_AT,
  LINE_NAME_SLOT_AT,
  LINE_NAMES_AT,
  LINE_WORD_BYTES,
  LINE_WORD_LENGTH_AT,
  LINE_WORDS_AT,
  NO_VALUE,
} from '../memory-map'
import { beginFields, noteField } from './fields'
import { noteKey, notePairValue } from './noted-pairs'
import { isPlainNumber } from './number'
import { stringStops } from './simd'
import {
  FLAG_BAD,
  FLAG_COLUMN,
  FLAG_DATA,
  FLAG_FOREIGN,
  FLAG_LITERAL,
  KIND_NUMBER,
  KIND_STRING,
  scan,
  task,
} from './state'
import { characterAt } from './utf8'

export const SPACE: u8 = 0x20
export const QUOTE: u8 = 0x22
const MINUS: u8 = 0x2d
/** What quotes, colon, comma and the mark of a column add to a pair at most. */
const PAIR_GROWTH: i64 = 8

/** Begins a record; gives the end of its line, without the line end. */
export function beginLine(p: usize, end: usize): usize {
  beginFields()
  // The row needs what its pairs need: the text itself, which take.ts counts, is not written besides.
  scan.growth = -((end - p) as i64)
  while (end > p && (load<u8>(end - 1) == 0x0a || load<u8>(end - 1) == 0x0d)) end--
  return end
}

/** Adds a field with the text in [start, end), unless that is empty. */
export function addText(name: u32, start: usize, end: usize): void {
  if (start == end) return
  scan.kind = KIND_STRING
  scan.flags = flagsOf(start, end)
  add(name, start, end)
}

/** The same, where `-` stands for nothing. */
export function addWord(name: u32, start: usize, end: usize): void {
  if (end != start + 1 || load<u8>(start) != MINUS) addText(name, start, end)
}

/** The same of a number; what is none stays a text. */
export function addNumber(name: u32, start: usize, end: usize): void {
  if (start == end || !isPlainNumber(start, end)) {
    addWord(name, start, end)
    return
  }
  scan.kind = KIND_NUMBER
  scan.flags = 0
  add(name, start, end)
}

/** Adds a field whose value is the word of that number. */
export function addFixed(name: u32, word: u32): void {
  const start = task.slot + LINE_WORDS_AT + word * LINE_WORD_BYTES
  scan.kind = KIND_STRING
  scan.flags = 0
  add(name, start, start + load<u8>(start, LINE_WORD_LENGTH_AT))
}

function add(name: u32, start: usize, end: usize): void {
  const entry = task.slot + LINE_NAMES_AT + name * LINE_NAME_BYTES
  const length: usize = load<u8>(entry, LINE_NAME_LENGTH_AT)
  noteKey(entry, entry + length, load<u8>(entry, LINE_NAME_COLUMN_AT) != 0 ? FLAG_COLUMN : 0)
  notePairValue(start, end)
  growBy(length, end - start)
  const slot: u32 = load<u8>(entry, LINE_NAME_SLOT_AT)
  if (slot != NO_VALUE) noteField(slot, start, end, 0, 0)
}

/** Counts what a pair takes at most, its value having the flags in `scan`. */
export function growBy(keyLength: usize, valueLength: usize): void {
  let factor: usize = 1
  if (scan.flags & FLAG_FOREIGN) factor = 6
  else if (scan.flags & FLAG_BAD) factor = 3
  else if (scan.flags & (FLAG_LITERAL | FLAG_DATA)) factor = 2
  scan.growth += PAIR_GROWTH + ((keyLength + valueLength * factor) as i64)
}

/** The flags of a text in which a backslash is a backslash. */
export function flagsOf(p: usize, end: usize): u32 {
  let flags: u32 = 0
  while (p < end) {
    const stops = stringStops(v128.load(p))
    if (stops == 0) {
      p += 16
      continue
    }
    p += ctz(stops)
    if (p >= end) break
    const byte = load<u8>(p)
    let size: i32 = 1
    if (byte >= 0x80) {
      size = characterAt(p, end)
    } else {
      flags |= FLAG_LITERAL
      if (byte < 0x20) flags |= FLAG_FOREIGN
      if (byte == 0) flags |= FLAG_BAD
    }
    if (size < 0) {
      flags |= FLAG_BAD
      size = -size
    }
    p += size
  }
  return flags
}

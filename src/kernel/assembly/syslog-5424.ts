/**
 * The header of RFC 5424, behind PRI and version, which syslog.ts has read. Twin: test/reference/syslog.ts.
 *
 *   message = time SP host SP app SP pid SP msgid SP data [ SP [ BOM ] text ]      "-" stands for nothing
 *   data    = "-" / 1*( "[" name *( SP name "=" quote value quote ) "]" )
 *   name    = 1*( %x21-7E but "=", "]" and quote )
 *   value   = *( any but quote and backslash / backslash any )
 *
 * Parameters become `name.name`; those of more than MOST_PARAMETERS stay together as one text.
 */
import {
  ALIASES_AT,
  LINE_HOST,
  LINE_MESSAGE,
  LINE_MSGID,
  LINE_PID,
  LINE_SERVICE,
  LINE_STRUCTURED_DATA,
  LINE_TS,
  MAX_NAME_BYTES,
  NAME_PREFIX_AT,
  NAME_VALUE_AT,
  NO_VALUE,
  PATH_AT,
} from '../memory-map'
import { noteField } from './fields'
import { addNumber, addText, addWord, flagsOf, growBy, QUOTE, SPACE } from './line'
import { findName } from './names'
import { noteKey, notePairValue, notePrefix } from './noted-pairs'
import { copyBytes, findByte, nameStops, quoteStops } from './simd'
import { FLAG_DATA, FLAG_LITERAL, KIND_STRING, scan, task, VALUE_NOT_SYSLOG, VALUE_PAIRS } from './state'

/** So many fit beside the fields of the header. */
const MOST_PARAMETERS: u32 = 48
const OPEN: u8 = 0x5b
const CLOSE: u8 = 0x5d

/** Scans the rest of a line; gives VALUE_PAIRS or VALUE_NOT_SYSLOG. */
export function scanNewSyslog(p: usize, end: usize): u32 {
  const timeEnd = endOfWord(p, end)
  const hostEnd = endOfWord(timeEnd + 1, end)
  const appEnd = endOfWord(hostEnd + 1, end)
  const pidEnd = endOfWord(appEnd + 1, end)
  const msgidEnd = endOfWord(pidEnd + 1, end)
  const start = msgidEnd + 1
  if (start >= end) return VALUE_NOT_SYSLOG
  const dataEnd = load<u8>(start) == 0x2d ? start + 1 : passData(start, end)
  if (dataEnd == 0 || (dataEnd < end && load<u8>(dataEnd) != SPACE)) return VALUE_NOT_SYSLOG

  addWord(LINE_TS, p, timeEnd)
  addWord(LINE_HOST, timeEnd + 1, hostEnd)
  addWord(LINE_SERVICE, hostEnd + 1, appEnd)
  addNumber(LINE_PID, appEnd + 1, pidEnd)
  addWord(LINE_MSGID, pidEnd + 1, msgidEnd)
  if (dataEnd > start + 1) addData(start, dataEnd)
  let text = dataEnd + 1
  if (text + 3 <= end && (load<u32>(text) & 0xffffff) == 0xbfbbef) text += 3
  if (text < end) addText(LINE_MESSAGE, text, end)
  return VALUE_PAIRS
}

/** The space that ends the word at p; behind the end where there is no word or no space. */
function endOfWord(p: usize, end: usize): usize {
  const behind = p < end ? findByte(p, end, SPACE) : end
  return behind == p ? end : behind
}

/** What the structured data passed last hold: parameters, and elements without any. */
class data {
  static parameters: u32 = 0
}

/** The position behind the structured data at p, or 0. */
function passData(p: usize, end: usize): usize {
  data.parameters = 0
  while (p < end && load<u8>(p) == OPEN) {
    p = passName(p + 1, end)
    if (p == 0) return 0
    let count: u32 = 0
    while (load<u8>(p) == SPACE) {
      p = passName(p + 1, end)
      if (p == 0 || p + 1 >= end || load<u16>(p) != 0x223d) return 0
      p = endOfValue(p + 2, end) + 1
      if (p >= end) return 0
      count++
    }
    if (load<u8>(p) != CLOSE) return 0
    p++
    data.parameters += max(count, 1)
  }
  return data.parameters == 0 ? 0 : p
}

/** The position behind the name at p, which is before the end; 0: there is none. */
function passName(p: usize, end: usize): usize {
  const start = p
  let stops = nameStops(v128.load(p))
  while (stops == 0 && p < end) {
    p += 16
    stops = nameStops(v128.load(p))
  }
  p += ctz(stops)
  return p == start || p >= end ? 0 : p
}

/** The quote that ends the value at p, or the end. */
function endOfValue(p: usize, end: usize): usize {
  while (p < end) {
    const stops = quoteStops(v128.load(p))
    if (stops == 0) {
      p += 16
      continue
    }
    p += ctz(stops)
    if (p >= end || load<u8>(p) == QUOTE) break
    p += 2
  }
  return p < end ? p : end
}

/** Adds the parameters of data that passData has passed. */
function addData(p: usize, end: usize): void {
  if (data.parameters > MOST_PARAMETERS) {
    addText(LINE_STRUCTURED_DATA, p, end)
    return
  }
  while (p < end) {
    const id = p + 1
    const idEnd = passName(id, end)
    const idFlags = flagsOf(id, idEnd)
    const prefix = findName(task.slot + ALIASES_AT, id, idEnd - id)
    const isNamed = prefix != 0 && load<u8>(prefix, NAME_PREFIX_AT) != 0
    p = idEnd
    if (load<u8>(p) == CLOSE) addElement(id, idEnd, idFlags)
    while (load<u8>(p) == SPACE) {
      const name = p + 1
      const nameEnd = passName(name, end)
      const value = nameEnd + 2
      const valueEnd = endOfValue(value, end)
      noteKey(name, nameEnd, idFlags | flagsOf(name, nameEnd))
      notePrefix(id, idEnd)
      addValue(value, valueEnd, idEnd - id + nameEnd - name)
      if (isNamed) fill(id, idEnd, name, nameEnd, value, valueEnd)
      p = valueEnd + 1
    }
    p++
  }
}

/** An element without parameters: true. */
function addElement(id: usize, idEnd: usize, flags: u32): void {
  scan.flags = flags
  noteKey(id, idEnd, flags)
  growBy(4, idEnd - id)
}

/** The value of the key noted last, which is so long with its prefix. */
function addValue(value: usize, valueEnd: usize, keyLength: usize): void {
  const flags = flagsOf(value, valueEnd)
  scan.kind = KIND_STRING
  scan.flags = flags & FLAG_LITERAL ? (flags & ~FLAG_LITERAL) | FLAG_DATA : flags
  notePairValue(value, valueEnd)
  growBy(keyLength * 2, valueEnd - value)
}

/** Notes the value added last as the field `id.name`, if an alias is called so. */
function fill(id: usize, idEnd: usize, name: usize, nameEnd: usize, value: usize, valueEnd: usize): void {
  const length = idEnd - id + 1 + nameEnd - name
  if (length > (MAX_NAME_BYTES as usize)) return
  const path = task.slot + PATH_AT
  copyBytes(path, id, idEnd - id)
  store<u8>(path + (idEnd - id), 0x2e)
  copyBytes(path + (idEnd - id) + 1, name, nameEnd - name)
  const entry = findName(task.slot + ALIASES_AT, path, length)
  if (entry == 0) return
  const slot: u32 = load<u8>(entry, NAME_VALUE_AT)
  if (slot != NO_VALUE) noteField(slot, value, valueEnd, 0, 0)
}

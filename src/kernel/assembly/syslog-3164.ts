/**
 * The header of RFC 3164 as programs write it, behind the PRI that syslog.ts has read. Twin: test/reference/syslog.ts.
 *
 *   message = [ time SP [ host SP ] ] [ tag [ SP ] ] text         without PRI: a time at least
 *   time    = Mmm SP DD SP [ YYYY SP ] hh ":" mm ":" ss [ "." 1*digit ]       / an RFC 3339 time with "T"
 *   tag     = name ":" / name "[" pid "]" [ ":" ]       a word; a word that is none is the host, behind a time
 *
 * Strict, and without PRI: a host and a tag are needed, and with a time of RFC 3339 a number as pid.
 */
import { LINE_HOST, LINE_MESSAGE, LINE_PID, LINE_SERVICE, LINE_TS } from '../memory-map'
import { parseClock } from './calendar'
import { addNumber, addText, addWord, SPACE } from './line'
import { monthOf } from './line-times'
import { findByte, leadingDigits } from './simd'
import { VALUE_NOT_SYSLOG, VALUE_PAIRS } from './state'

const COLON: u8 = 0x3a
/** Of YYYY-MM-DD and the T. */
const NEW_DATE_BYTES: usize = 11
const OPEN: u8 = 0x5b
const CLOSE: u8 = 0x5d

/** Scans the rest of a line, which is not empty; gives VALUE_PAIRS or VALUE_NOT_SYSLOG. */
export function scanOldSyslog(p: usize, end: usize, hasPri: bool, isStrict: bool): u32 {
  const timeEnd = endOfTime(p, end)
  if (timeEnd == 0 && (!hasPri || isStrict)) return VALUE_NOT_SYSLOG
  const behindTime = timeEnd == 0 ? p : min(timeEnd + 1, end)
  let text = behindTime
  let hostEnd: usize = 0
  if (!readTag(text, end) && timeEnd != 0 && text < end) {
    hostEnd = findByte(text, end, SPACE)
    text = min(hostEnd + 1, end)
    readTag(text, end)
  }
  if (isStrict && !hasPri && !isCertain(p, hostEnd)) return VALUE_NOT_SYSLOG

  if (timeEnd != 0) addText(LINE_TS, p, timeEnd)
  if (hostEnd != 0) addWord(LINE_HOST, behindTime, hostEnd)
  if (tag.behind != 0) {
    addText(LINE_SERVICE, text, tag.end)
    if (tag.pid != 0) addNumber(LINE_PID, tag.pid, tag.pidEnd)
    text = tag.behind
    if (text < end && load<u8>(text) == SPACE) text++
  }
  addText(LINE_MESSAGE, text, end)
  return VALUE_PAIRS
}

/** Of a line without PRI that begins with a time: is it syslog, or some other log? */
function isCertain(time: usize, hostEnd: usize): bool {
  if (hostEnd == 0 || tag.behind == 0) return false
  if (monthOf(time) != 0) return true
  return tag.pid != tag.pidEnd && leadingDigits(tag.pid) >= tag.pidEnd - tag.pid
}

/** The end of the time at p, which is followed by a space or nothing; 0: there is none. */
function endOfTime(p: usize, end: usize): usize {
  if (p + NEW_DATE_BYTES > end) return 0
  if (monthOf(p) == 0) return endOfNewTime(p, end)
  const isDay = leadingDigits(p + 4) == 2 || (load<u8>(p, 4) == SPACE && leadingDigits(p + 5) == 1)
  if (!isDay || load<u8>(p, 3) != SPACE || load<u8>(p, 6) != SPACE) return 0
  const clock: usize = leadingDigits(p + 7) == 4 && load<u8>(p, 11) == SPACE ? p + 12 : p + 7
  const behind = clock + 8
  if (behind > end || parseClock(load<u64>(clock)) < 0) return 0
  if (behind == end || load<u8>(behind) == SPACE) return behind
  const fraction = behind + 1 + leadingDigits(behind + 1)
  const isFraction = load<u8>(behind) == 0x2e && fraction > behind + 1 && fraction <= end
  return isFraction && (fraction == end || load<u8>(fraction) == SPACE) ? fraction : 0
}

/** The same of a word that begins as RFC 3339's times do. */
function endOfNewTime(p: usize, end: usize): usize {
  const isDate = leadingDigits(p) == 4 && leadingDigits(p + 5) == 2 && leadingDigits(p + 8) == 2
  const hasSigns = load<u8>(p, 4) == 0x2d && load<u8>(p, 7) == 0x2d && load<u8>(p, 10) == 0x54
  return isDate && hasSigns ? findByte(p, end, SPACE) : 0
}

/** The tag read last: where its name ends, its pid (0: none), and what is behind it (0: it was no tag). */
class tag {
  static end: usize = 0
  static pid: usize = 0
  static pidEnd: usize = 0
  static behind: usize = 0
}

/** Reads the word at p as a tag. */
function readTag(p: usize, end: usize): bool {
  const wordEnd = findByte(p, end, SPACE)
  tag.behind = 0
  tag.pid = 0
  tag.pidEnd = 0
  if (wordEnd < p + 2) return false
  const hasColon = load<u8>(wordEnd - 1) == COLON
  tag.end = hasColon ? wordEnd - 1 : wordEnd
  if (load<u8>(tag.end - 1) == CLOSE) {
    const open = findByte(p, tag.end, OPEN)
    if (open == p || open == tag.end) return false
    tag.pid = open + 1
    tag.pidEnd = tag.end - 1
    tag.end = open
  } else if (!hasColon) {
    return false
  }
  tag.behind = wordEnd
  return true
}

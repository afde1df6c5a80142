/**
 * The scanner of syslog: what stands before the header (the frame of RFC 6587, PRI), and which of the two headers
 * follows. Twin: test/reference/syslog.ts.
 *
 *   line  = [ frame ] [ PRI ] ( message of RFC 5424, where PRI and "1 " go before / message of RFC 3164 )
 *   frame = 1*10digit SP, before a PRI         PRI = "<" 1*3digit ">", at most 191
 */
import { LINE_FACILITY, LINE_FACILITY_WORDS, LINE_SEVERITY, LINE_SEVERITY_WORDS } from '../memory-map'
import { addFixed, beginLine, SPACE } from './line'
import { leadingDigits } from './simd'
import { VALUE_NOT_SYSLOG } from './state'
import { scanOldSyslog } from './syslog-3164'
import { scanNewSyslog } from './syslog-5424'

const HIGHEST: u32 = 191
const MOST_FRAME_DIGITS: usize = 10

/**
 * Scans a value that is not empty; gives VALUE_PAIRS, with the filled field table, or VALUE_NOT_SYSLOG. With isStrict
 * only what nobody would take for anything else is syslog.
 */
export function scanSyslog(p: usize, end: usize, isStrict: bool): u32 {
  end = beginLine(p, end)
  const header = readPri(passFrame(p, end), end)
  if (header == 0) return scanOldSyslog(p, end, false, isStrict)
  addFixed(LINE_FACILITY, LINE_FACILITY_WORDS + (pri.value >> 3))
  addFixed(LINE_SEVERITY, LINE_SEVERITY_WORDS + (pri.value & 7))
  if (header + 2 <= end && load<u16>(header) == 0x2031) return scanNewSyslog(header + 2, end)
  return header == end ? VALUE_NOT_SYSLOG : scanOldSyslog(header, end, true, isStrict)
}

/** Behind the length with which RFC 6587 frames a message, or p. */
function passFrame(p: usize, end: usize): usize {
  const digits = leadingDigits(p)
  const isFrame = digits != 0 && digits <= MOST_FRAME_DIGITS && p + digits + 1 < end
  return isFrame && load<u16>(p + digits) == 0x3c20 ? p + digits + 1 : p
}

/** The PRI read last. */
class pri {
  static value: u32 = 0
}

/** Reads the PRI at p; gives the position behind it, or 0. */
function readPri(p: usize, end: usize): usize {
  if (p >= end || load<u8>(p) != 0x3c) return 0
  const digits = leadingDigits(p + 1)
  const close = p + 1 + digits
  if (digits - 1 > 2 || close >= end || load<u8>(close) != 0x3e) return 0
  pri.value = 0
  for (let at = p + 1; at < close; ++at) pri.value = pri.value * 10 + ((load<u8>(at) as u32) - 0x30)
  return pri.value > HIGHEST ? 0 : close + 1
}

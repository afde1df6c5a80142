/**
 * The scanner of access logs: nginx's and Apache's common and combined formats, and what people put behind them.
 * Twin: test/reference/access.ts.
 *
 *   line    = [ vhost SP ] client SP ident SP user SP "[" time "]" SP string SP status SP bytes [ SP rest ]
 *   rest    = [ string [ SP string [ SP forwarded ] ] ] [ SP seconds ] [ SP extra ]     referrer, user agent
 *   time    = DD "/" Mmm "/" YYYY ":" hh ":" mm ":" ss SP zone     of 26 ASCII characters, read by line-times.ts
 *   string  = quote *( any but quote and backslash / backslash any ) quote
 *   request = method SP path [ SP "HTTP/" digit [ "." digit ] ]    in the first string; anything else is no error
 *   status  = 3digit            bytes = "-" / 1*16digit            seconds = 1*digit "." 1*digit
 *   forwarded = quote ( "-" / *( HEXDIG / "." / ":" / "," / SP ) ) quote
 *
 * client and ident end at a space, user at the first " [" before a time. A first word of a name, a colon and digits is
 * the vhost (Apache's vhost_combined), where a fourth word stands before the time. Escapes stay as they are.
 */
import {
  LINE_CLIENT,
  LINE_EXTRA,
  LINE_FORWARDED_FOR,
  LINE_IDENT,
  LINE_MESSAGE,
  LINE_METHOD,
  LINE_PATH,
  LINE_PROTOCOL,
  LINE_REFERRER,
  LINE_REQUEST_TIME,
  LINE_SENT_BYTES,
  LINE_SEVERITY,
  LINE_SEVERITY_WORDS,
  LINE_STATUS,
  LINE_TS,
  LINE_USER,
  LINE_USER_AGENT,
  LINE_VHOST,
} from '../memory-map'
import { hexDigit } from './escape'
import { addFixed, addNumber, addText, addWord, beginLine, QUOTE, SPACE } from './line'
import { isPlainNumber } from './number'
import { findByte, leadingDigits, quoteStops } from './simd'
import { VALUE_NOT_ACCESS, VALUE_PAIRS } from './state'

const TIME_BYTES: usize = 26
const HTTP: u64 = 0x2f50545448
const HTTP_BYTES: usize = 5

// Numbers of syslog's severities.
const ERROR: u32 = 3
const WARNING: u32 = 4
const INFO: u32 = 6

/** Scans a value that is not empty; gives VALUE_PAIRS, with the filled field table, or VALUE_NOT_ACCESS. */
export function scanAccess(p: usize, end: usize): u32 {
  end = beginLine(p, end)
  const clientEnd = findByte(p, end, SPACE)
  const identEnd = clientEnd == end ? end : findByte(clientEnd + 1, end, SPACE)
  if (clientEnd == p || identEnd == end || identEnd == clientEnd + 1) return VALUE_NOT_ACCESS
  const time = findTime(identEnd + 3, end)
  const request = time + TIME_BYTES + 3
  if (time == 0 || request > end || load<u16>(request - 2) != 0x2220) return VALUE_NOT_ACCESS
  const requestEnd = endOfString(request, end)
  const status = requestEnd + 2
  const bytes = status + 4
  if (requestEnd == 0 || bytes >= end || load<u8>(status - 1) != SPACE) return VALUE_NOT_ACCESS
  if (leadingDigits(status) != 3 || load<u8>(status, 3) != SPACE) return VALUE_NOT_ACCESS
  const bytesEnd = endOfBytes(bytes, end)
  if (bytesEnd == 0) return VALUE_NOT_ACCESS

  addFixed(LINE_SEVERITY, LINE_SEVERITY_WORDS + severityOf(load<u8>(status)))
  addNames(p, clientEnd, identEnd, time - 2)
  addText(LINE_TS, time, time + TIME_BYTES)
  addRequest(request, requestEnd)
  addNumber(LINE_STATUS, status, status + 3)
  addNumber(LINE_SENT_BYTES, bytes, bytesEnd)
  if (bytesEnd < end) addRest(bytesEnd + 1, end)
  return VALUE_PAIRS
}

/** The words before the time; the first two end there. */
function addNames(p: usize, firstEnd: usize, secondEnd: usize, end: usize): void {
  const thirdEnd = findByte(secondEnd + 1, end, SPACE)
  if (thirdEnd < end && isVhost(p, firstEnd)) {
    addText(LINE_VHOST, p, firstEnd)
    p = firstEnd + 1
    firstEnd = secondEnd
    secondEnd = thirdEnd
  }
  addText(LINE_CLIENT, p, firstEnd)
  addWord(LINE_IDENT, firstEnd + 1, secondEnd)
  addWord(LINE_USER, secondEnd + 1, end)
}

/** A name, a colon and one to five digits? */
function isVhost(p: usize, end: usize): bool {
  const colon = findByte(p, end, 0x3a)
  const digits = end - colon - 1
  return colon > p && colon < end && digits - 1 < 5 && leadingDigits(colon + 1) >= digits
}

function severityOf(digit: u8): u32 {
  return digit == 0x35 ? ERROR : digit == 0x34 ? WARNING : INFO
}

/** The first time in [p, end) that stands in brackets behind a space; 0: none. p is two bytes behind where the user begins. */
function findTime(p: usize, end: usize): usize {
  while (true) {
    p = findByte(p, end, 0x5b) + 1
    if (p + TIME_BYTES >= end) return 0
    if (load<u8>(p - 2) == SPACE && isTime(p)) return p
  }
}

/** Are the 26 bytes at p ASCII with the signs of a time, and a bracket behind? What they say is read later. */
function isTime(p: usize): bool {
  if ((i8x16.bitmask(v128.load(p)) | i8x16.bitmask(v128.load(p, 10))) != 0) return false
  return (
    load<u8>(p, 2) == 0x2f &&
    load<u8>(p, 6) == 0x2f &&
    load<u8>(p, 11) == 0x3a &&
    load<u8>(p, 20) == SPACE &&
    load<u8>(p, TIME_BYTES) == 0x5d
  )
}

/** The quote that ends the string which begins at p (behind its own); 0: it has no end. */
function endOfString(p: usize, end: usize): usize {
  while (p < end) {
    const stops = quoteStops(v128.load(p))
    if (stops == 0) {
      p += 16
      continue
    }
    p += ctz(stops)
    if (p < end && load<u8>(p) == QUOTE) return p
    p += 2
  }
  return 0
}

/** The end of the number of bytes at p < end, or 0. */
function endOfBytes(p: usize, end: usize): usize {
  const behind = p + (load<u8>(p) == 0x2d ? 1 : leadingDigits(p))
  return behind == p || behind > end || (behind < end && load<u8>(behind) != SPACE) ? 0 : behind
}

/** The request is the message; of one that reads so, its parts are fields. */
function addRequest(p: usize, end: usize): void {
  addText(LINE_MESSAGE, p, end)
  const methodEnd = findByte(p, end, SPACE)
  if (methodEnd + 1 >= end || !isMethod(p, methodEnd)) return
  addText(LINE_METHOD, p, methodEnd)
  const path = methodEnd + 1
  const protocol = protocolIn(path, end)
  addText(LINE_PATH, path, protocol == 0 ? end : protocol - 1)
  if (protocol != 0) addText(LINE_PROTOCOL, protocol, end)
}

/** Capitals, and between them "-" or "_". */
function isMethod(p: usize, end: usize): bool {
  for (let at = p; at < end; ++at) {
    const byte = load<u8>(at)
    if (byte - 0x41 > 25 && (at == p || (byte != 0x2d && byte != 0x5f))) return false
  }
  return p < end
}

/** Where the protocol begins with which a request ends, behind a path and a space; 0: there is none. */
function protocolIn(path: usize, end: usize): usize {
  if (end - path < HTTP_BYTES + 3) return 0
  let digit = end - 1
  if (load<u8>(end - 2) == 0x2e && (load<u8>(end - 3) as u32) - 0x30 <= 9) digit = end - 3
  const start = digit - HTTP_BYTES
  const isHttp = start > path + 1 && (load<u64>(start) & 0xffffffffff) == HTTP
  return isHttp && load<u8>(start - 1) == SPACE && (load<u8>(end - 1) as u32) - 0x30 <= 9 ? start : 0
}

/** What stands behind the bytes and a space. */
function addRest(p: usize, end: usize): void {
  let at = addString(LINE_REFERRER, p, end)
  if (at != p) {
    p = addString(LINE_USER_AGENT, at, end)
    if (p != at && isForwarded(p, end)) p = addString(LINE_FORWARDED_FOR, p, end)
  }
  if (p >= end) return
  at = findByte(p, end, SPACE)
  if (isSeconds(p, at)) {
    addNumber(LINE_REQUEST_TIME, p, at)
    p = at + 1
  }
  if (p < end) addText(LINE_EXTRA, p, end)
}

/** Adds the string at p, and gives the position behind it and a space; p itself where there is none. */
function addString(name: u32, p: usize, end: usize): usize {
  if (p >= end || load<u8>(p) != QUOTE) return p
  const close = endOfString(p + 1, end)
  if (close == 0 || (close + 1 < end && load<u8>(close, 1) != SPACE)) return p
  addWord(name, p + 1, close)
  return min(close + 2, end)
}

/** Is what stands at p a string of addresses, or of nothing? */
function isForwarded(p: usize, end: usize): bool {
  if (p >= end || load<u8>(p) != QUOTE) return false
  if (p + 2 < end && load<u16>(p, 1) == 0x222d) return true
  while (++p < end) {
    const byte = load<u8>(p)
    if (byte == QUOTE) return true
    if (hexDigit(byte) > 15 && byte != 0x2e && byte != 0x3a && byte != 0x2c && byte != SPACE) return false
  }
  return false
}

function isSeconds(p: usize, end: usize): bool {
  return load<u8>(p) != 0x2d && findByte(p, end, 0x2e) != end && isPlainNumber(p, end)
}

/**
 * The JSON scanner (RFC 8259): strings, scalars and whole containers, validated and passed over in one go.
 * Every function takes (position, end) and gives the position behind what it read, or 0; nothing from end on is
 * judged. json-object.ts uses it for the objects in which promoted fields are sought. Twin: test/reference/json.ts.
 *
 *   value  = "{" [ string ":" value *( "," string ":" value ) ] "}" / "[" [ value *( "," value ) ] "]"
 *          / string / number / "true" / "false" / "null"      with white space (SP HT LF CR) between tokens
 *   string = quote *( %x20-21 / %x23-5B / %x5D-7F / escape / UTF-8 ) quote
 *
 * Bytes of a string that are not UTF-8, \u0000 and lone surrogates do not end it: they set FLAG_BAD and scan.dirty.
 */
import { MAX_DEPTH, STACK_AT } from '../memory-map'
import { sizeOfEscape } from './escape'
import { scanNumber } from './number'
import { stringStops } from './simd'
import {
  FLAG_BAD,
  FLAG_ESCAPED,
  KIND_BOOLEAN,
  KIND_CONTAINER,
  KIND_NULL,
  KIND_STRING,
  scan,
  task,
  VALUE_TOO_DEEP,
} from './state'
import { characterAt } from './utf8'

export function skipSpace(p: usize, end: usize): usize {
  while (p < end) {
    const byte = load<u8>(p)
    if (byte > 0x20 || (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09)) return p
    p++
  }
  return p
}

/** p is behind the opening quote; gives the address of the closing one, or 0. Sets scan.flags. */
export function scanString(p: usize, end: usize): usize {
  scan.flags = 0
  const stops = stringStops(v128.load(p))
  if (stops == 0) return scanLongString(p + 16, end)
  const stop = p + ctz(stops)
  return stop < end && load<u8>(stop) == 0x22 ? stop : scanLongString(stop, end)
}

/** The same for what is longer than 16 bytes, or not all plain ASCII. */
function scanLongString(p: usize, end: usize): usize {
  let flags: u32 = 0
  while (p < end) {
    const stops = stringStops(v128.load(p))
    if (stops == 0) {
      p += 16
      continue
    }
    p += ctz(stops)
    if (p >= end) return 0
    const byte = load<u8>(p)
    if (byte == 0x22) {
      scan.flags = flags
      if (flags & FLAG_BAD) scan.dirty = true
      return p
    }
    let size: i32
    if (byte == 0x5c) {
      flags |= FLAG_ESCAPED
      size = sizeOfEscape(p, end)
    } else {
      size = byte < 0x20 ? 0 : characterAt(p, end)
    }
    if (size == 0) return 0
    if (size < 0) {
      flags |= FLAG_BAD
      size = -size
    }
    p += size
  }
  return 0
}

/** A string, number or literal at p < end. Sets scan.kind and scan.flags. */
function scanScalar(p: usize, end: usize): usize {
  const byte = load<u8>(p)
  if (byte == 0x22) {
    const close = scanString(p + 1, end)
    scan.kind = KIND_STRING
    return close == 0 ? 0 : close + 1
  }
  if ((byte as u32) - 0x30 <= 9 || byte == 0x2d) return scanNumber(p, end)
  return scanLiteral(p, end)
}

function scanLiteral(p: usize, end: usize): usize {
  scan.flags = 0
  if (p + 4 > end) return 0
  const word = load<u32>(p)
  scan.kind = KIND_BOOLEAN
  if (word == 0x65757274) return p + 4
  if (word == 0x736c6166) return p + 5 <= end && load<u8>(p, 4) == 0x65 ? p + 5 : 0
  scan.kind = KIND_NULL
  return word == 0x6c6c756e ? p + 4 : 0
}

/** Any value at p < end, inside `depth` open containers. Sets scan.kind, and scan.flags unless it is a container. */
export function scanValue(p: usize, end: usize, depth: u32): usize {
  const byte = load<u8>(p)
  if (byte != 0x7b && byte != 0x5b) return scanScalar(p, end)
  p = skipContainer(p, end, depth)
  scan.kind = KIND_CONTAINER
  return p
}

/** A key at p with its colon; gives the first position of the value, or 0. */
function skipKey(p: usize, end: usize): usize {
  if (p >= end || load<u8>(p) != 0x22) return 0
  p = scanString(p + 1, end)
  if (p == 0) return 0
  p = skipSpace(p + 1, end)
  if (p >= end || load<u8>(p) != 0x3a) return 0
  p = skipSpace(p + 1, end)
  return p < end ? p : 0
}

/** Goes through the container that opens at p, without recursion: open brackets are on the stack of the slot. */
function skipContainer(p: usize, end: usize, depth: u32): usize {
  const stack = task.slot + STACK_AT
  let open = depth
  while (true) {
    const byte = load<u8>(p)
    if (byte == 0x7b || byte == 0x5b) {
      if (open >= (MAX_DEPTH as u32)) {
        scan.fault = VALUE_TOO_DEEP
        return 0
      }
      open++
      store<u8>(stack + open, byte + 2)
      p = skipSpace(p + 1, end)
      if (p >= end) return 0
      if (load<u8>(p) != byte + 2) {
        if (byte == 0x7b && (p = skipKey(p, end)) == 0) return 0
        continue
      }
      p++
      open--
    } else if ((p = scanScalar(p, end)) == 0) {
      return 0
    }
    p = closeContainers(p, end, depth, open)
    if (p == 0 || scan.open == depth) return p
    open = scan.open
  }
}

/** Behind a value: closes what ends here, and goes to the next value unless the outermost is closed; sets scan.open. */
function closeContainers(p: usize, end: usize, depth: u32, open: u32): usize {
  const stack = task.slot + STACK_AT
  while (open != depth) {
    p = skipSpace(p, end)
    if (p >= end) return 0
    const byte = load<u8>(p)
    const closer = load<u8>(stack + open)
    if (byte == 0x2c) {
      p = skipSpace(p + 1, end)
      if (closer == 0x7d) p = skipKey(p, end)
      scan.open = open
      return p < end ? p : 0
    }
    if (byte != closer) return 0
    p++
    open--
  }
  scan.open = depth
  return p
}

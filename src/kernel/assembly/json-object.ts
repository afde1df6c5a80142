/**
 * A record's value as a JSON object: the scan that finds promoted fields. Top-level members, and members of objects
 * whose key begins an alias ("service" begins "service.name"), are looked up; all else json.ts only validates.
 * Where an alias is met more than once, the first counts. Twin: test/reference/record.ts.
 */
import {
  ALIASES_AT,
  MAX_NAME_BYTES,
  NAME_LENGTH_AT,
  NAME_PREFIX_AT,
  NAME_VALUE_AT,
  NO_VALUE,
  PATH_AT,
} from '../memory-map'
import { beginFields, noteField } from './fields'
import { scanString, scanValue, skipSpace } from './json'
import { findName } from './names'
import { JSON_SHAPES, knownKey, knownLength, knownName, learnKey, shapesOf } from './shape'
import { copyBytes } from './simd'
import {
  FLAG_ESCAPED,
  KIND_CONTAINER,
  KIND_STRING,
  scan,
  task,
  VALUE_NOT_JSON,
  VALUE_NOT_OBJECT,
  VALUE_OBJECT,
} from './state'
import { writeString } from './text'

/** Scans a value that is not empty; gives what it is (VALUE_…) and, for an object, the filled field table. */
export function scanJson(p: usize, end: usize): u32 {
  beginFields()
  scan.dirty = false
  scan.fault = VALUE_NOT_JSON
  p = skipSpace(p, end)
  if (p >= end) return VALUE_NOT_JSON
  const isObject = load<u8>(p) == 0x7b
  const start = p
  p = isObject ? scanObject(p, end, 1, 0) : scanValue(p, end, 0)
  if (p == 0) return scan.fault
  scan.object = start
  scan.objectEnd = p - 1
  if (skipSpace(p, end) != end) return VALUE_NOT_JSON
  return isObject ? VALUE_OBJECT : VALUE_NOT_OBJECT
}

/**
 * The object that opens at `object`, itself inside depth - 1 containers. The path buffer begins with the keys that
 * lead here, each with a dot, in all pathLength bytes. Gives the position behind the object, or 0.
 */
function scanObject(object: usize, end: usize, depth: u32, pathLength: u32): usize {
  let p = skipSpace(object + 1, end)
  if (p >= end) return 0
  if (load<u8>(p) == 0x7d) return p + 1
  let before = object + 1
  let shape: usize = pathLength == 0 ? shapesOf(JSON_SHAPES) : 0
  while (true) {
    if (p >= end) return 0
    let name: usize = 0
    const known: usize = shape != 0 ? knownKey(shape, p, end) : 0
    const length: usize = known != 0 ? knownLength(known) : 0
    if (length != 0) {
      name = knownName(known)
      shape = known
      p += length
    } else {
      if (load<u8>(p) != 0x22) return 0
      const keyEnd = scanString(p + 1, end)
      if (keyEnd == 0) return 0
      name = findKey(p + 1, keyEnd, pathLength)
      const colon = skipSpace(keyEnd + 1, end)
      if (colon >= end || load<u8>(colon) != 0x3a) return 0
      if (shape != 0) shape = known != 0 ? known : colon == keyEnd + 1 ? learnKey(shape, p, colon, name) : 0
      p = colon + 1
    }
    p = skipSpace(p, end)
    if (p >= end) return 0
    const value = p
    if (name != 0 && load<u8>(name, NAME_PREFIX_AT) != 0 && load<u8>(p) == 0x7b) {
      p = scanObject(p, end, depth + 1, extendPath(name))
      scan.kind = KIND_CONTAINER
    } else if (load<u8>(p) == 0x22) {
      p = scanString(p + 1, end)
      if (p != 0) p += 1
      scan.kind = KIND_STRING
    } else {
      p = scanValue(p, end, depth)
    }
    if (p == 0) return 0
    const valueEnd = p
    p = skipSpace(p, end)
    if (p >= end) return 0
    const byte = load<u8>(p)
    if (byte != 0x2c && byte != 0x7d) return 0
    if (name != 0) {
      const slot: u32 = load<u8>(name, NAME_VALUE_AT)
      if (slot != NO_VALUE) {
        const quote: usize = scan.kind == KIND_STRING ? 1 : 0
        noteField(slot, value + quote, valueEnd - quote, before, byte == 0x2c ? p + 1 : p, object)
      }
    }
    if (byte == 0x7d) return p + 1
    before = p
    p = skipSpace(p + 1, end)
  }
}

/** The entry of a key under the current path, or 0. The common case compares the text where it lies. */
function findKey(key: usize, keyEnd: usize, pathLength: u32): usize {
  if (pathLength == 0 && (scan.flags & FLAG_ESCAPED) == 0) {
    return findName(task.slot + ALIASES_AT, key, keyEnd - key)
  }
  return findComposedKey(key, keyEnd, pathLength)
}

function findComposedKey(key: usize, keyEnd: usize, pathLength: u32): usize {
  const path = task.slot + PATH_AT
  const length = writeString(path + pathLength, key, keyEnd, scan.flags, MAX_NAME_BYTES + 1) - path
  return length > (MAX_NAME_BYTES as usize) ? 0 : findName(task.slot + ALIASES_AT, path, length)
}

/** Puts the text of a matched name (all of its path) and a dot into the path buffer; gives their length. */
function extendPath(name: usize): u32 {
  const path = task.slot + PATH_AT
  const length: u32 = load<u8>(name, NAME_LENGTH_AT)
  copyBytes(path, task.slot + ALIASES_AT + load<u16>(name), length)
  store<u8>(path + length, 0x2e)
  return length + 1
}

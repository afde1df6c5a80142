/**
 * A record's value as a JSON object: the scan that finds promoted fields and members. It goes into objects inside
 * objects while their shapes are predicted (shape.ts), or their key begins an alias ("service" begins "service.name");
 * all else json.ts only validates. Tokens between values are json-token.ts's. The members are noted for
 * member-order.ts. Where an alias is met more than once, the first counts. Twin: test/reference/record.ts.
 */
import { MAX_ENTERED, NAME_PREFIX_AT, NAME_VALUE_AT, NO_VALUE } from '../memory-map'
import { beginFields, noteField } from './fields'
import { scanString, scanValue, skipSpace } from './json'
import { enterObject, readToken, token } from './json-token'
import { closeMember, noteMember, planOf } from './member-order'
import {
  behind,
  inside,
  isClosed,
  JSON_SHAPES,
  knownKey,
  knownLength,
  knownName,
  knownQuote,
  shapesOf,
} from './shape'
import { KIND_CONTAINER, KIND_STRING, scan, VALUE_NOT_JSON, VALUE_NOT_OBJECT, VALUE_OBJECT } from './state'

/** Scans a value that is not empty; gives what it is (VALUE_…) and, for an object, the filled field table. */
export function scanJson(p: usize, end: usize): u32 {
  beginFields()
  scan.dirty = false
  scan.fault = VALUE_NOT_JSON
  p = skipSpace(p, end)
  if (p >= end) return VALUE_NOT_JSON
  const isObject = load<u8>(p) == 0x7b
  const start = p
  p = isObject && !isEmpty(p, end) ? scanObject(p, end) : scanValue(p, end, 0)
  if (p == 0) return scan.fault
  scan.object = start
  scan.objectEnd = p - 1
  if (skipSpace(p, end) != end) return VALUE_NOT_JSON
  return isObject ? VALUE_OBJECT : VALUE_NOT_OBJECT
}

/** Does the object at p close at once? */
function isEmpty(p: usize, end: usize): bool {
  p = skipSpace(p + 1, end)
  return p < end && load<u8>(p) == 0x7d
}

/**
 * The record's object, which opens at p and is not empty, with the objects inside it that it enters. Gives the position
 * behind it, or 0.
 */
function scanObject(p: usize, end: usize): usize {
  let list = shapesOf(JSON_SHAPES)
  let opened = p
  let depth: u32 = 1
  let members: u32 = 0
  /** The numbers of the members whose objects are open, the innermost lowest; of use while there is a list. */
  let open: u64 = 0
  while (true) {
    const start = p
    const known: usize = list != 0 ? knownKey(list, p, end) : 0
    const length: usize = known != 0 ? knownLength(known) : 0
    let quote: usize = 0
    let name: usize = 0
    if (length != 0) {
      const quoteAt = knownQuote(known)
      if (quoteAt != 0) quote = p + quoteAt
      name = knownName(known)
      list = behind(known)
      p += length
    } else {
      p = readToken(list, known, p, end, p == opened, depth, members)
      if (p == 0) return 0
      quote = token.quote
      name = token.name
      list = token.list
    }
    if (quote == 0) {
      depth--
      if (depth == 0) {
        scan.plan = list != 0 ? planOf(list, members) : 0
        return p
      }
      if (list != 0) closeMember((open as u32) & 255, p)
      open >>= 8
      continue
    }
    p = skipSpace(p, end)
    if (p >= end) return 0
    const value = p
    const byte = load<u8>(p)
    if (byte == 0x22) {
      p = scanString(p + 1, end)
      if (p == 0) return 0
      p++
      scan.kind = KIND_STRING
    } else if (byte == 0x7b && isEntered(list, name, depth, p, end)) {
      if (list != 0) {
        noteMember(members, quote, 0)
        open = (open << 8) | (members as u64)
      }
      scan.kind = KIND_CONTAINER
      if (name != 0) noteNamed(name, p, p, start, members)
      depth++
      enterObject(depth, name != 0 && load<u8>(name, NAME_PREFIX_AT) != 0 ? name : 0, list)
      list = list != 0 && isPredicted(list, depth - 1) ? inside(list) : 0
      members++
      opened = p
      continue
    } else {
      p = scanValue(p, end, depth)
      if (p == 0) return 0
    }
    if (list != 0) noteMember(members, quote, p)
    if (name != 0) noteNamed(name, value, p, start, members)
    members++
  }
}

/** Is the object at p, in `depth` others, the value of a key with that name, gone into? Empty ones never are. */
function isEntered(list: usize, name: usize, depth: u32, p: usize, end: usize): bool {
  const isSought = name != 0 && load<u8>(name, NAME_PREFIX_AT) != 0
  return (isSought || (list != 0 && isPredicted(list, depth))) && !isEmpty(p, end)
}

function isPredicted(list: usize, depth: u32): bool {
  return depth <= (MAX_ENTERED as u32) && !isClosed(list)
}

/** A member with a name, if the name is an alias; its value is in [value, end), its token begins at `token`. */
function noteNamed(name: usize, value: usize, end: usize, token: usize, member: u32): void {
  const slot: u32 = load<u8>(name, NAME_VALUE_AT)
  if (slot == NO_VALUE) return
  const quote: usize = scan.kind == KIND_STRING ? 1 : 0
  noteField(slot, value + quote, end - quote, token, member)
}

/**
 * What stands between two values of a JSON object: read and learned, where shape.ts does not know it yet.
 *
 *   token = "{" string ":" / "," string ":" / "}"      with white space before, between and behind, but none before "{"
 *           and none behind "}"
 *
 * So the last token of a record tells its keys, and which object opens and closes where. A token is learned with its
 * white space; the next one may have other. json-object.ts puts tokens and values together. Twin: test/reference/json.ts.
 */
import {
  ALIASES_AT,
  LEVEL_BYTES,
  LEVELS_AT,
  MAX_MEMBERS,
  MAX_NAME_BYTES,
  NAME_LENGTH_AT,
  PATH_AT,
} from '../memory-map'
import { scanString, skipSpace } from './json'
import { findName } from './names'
import { behind, closeList, isNearlyFull, learnKey } from './shape'
import { copyBytes } from './simd'
import { FLAG_ESCAPED, scan, task } from './state'
import { writeString } from './text'

/** Behind more white space a brace is not predicted: what a node keeps of it would not tell it from a comma. */
const LONGEST_SPACE: usize = 31

/** The token read last. */
export class token {
  /** The key's first quote; 0: the token closes an object. */
  static quote: usize = 0
  /** The name entry of the key, or 0. */
  static name: usize = 0
  /** The tokens that may come next (shape.ts), or 0. */
  static list: usize = 0
}

/** Notes the object that opens in `depth` - 1 others: the key's name, if names begin with it, and the list behind. */
export function enterObject(depth: u32, name: usize, list: usize): void {
  const level = task.slot + LEVELS_AT + depth * LEVEL_BYTES
  store<u32>(level, name as u32)
  store<u32>(level, list as u32, 4)
}

/**
 * The token at `start`, in `depth` open objects: the opening one when `opens`, else one behind a value. `list` is where
 * it is looked for, `known` its node, if it was there; so many members came before. Sets token.…; gives the position of
 * the value (less than end) or behind the brace, or 0.
 */
export function readToken(
  list: usize,
  known: usize,
  start: usize,
  end: usize,
  opens: bool,
  depth: u32,
  members: u32,
): usize {
  let p = opens ? start : skipSpace(start, end)
  if (p >= end) return 0
  const byte = load<u8>(p)
  if (!opens && byte == 0x7d) {
    token.quote = 0
    token.list = p - start <= LONGEST_SPACE ? learn(list, start, p + 1, 0, true, 0, depth) : 0
    return p + 1
  }
  if (!opens && byte != 0x2c) return 0
  const quote = skipSpace(p + 1, end)
  if (quote >= end || load<u8>(quote) != 0x22) return 0
  const keyEnd = scanString(quote + 1, end)
  if (keyEnd == 0) return 0
  const isPlain = scan.flags == 0
  const name = nameOf(quote + 1, keyEnd, depth)
  p = skipSpace(keyEnd + 1, end)
  if (p >= end || load<u8>(p) != 0x3a) return 0
  p = skipSpace(p + 1, end)
  if (p >= end) return 0
  token.quote = quote
  token.name = name
  if (known != 0) token.list = behind(known)
  else if (members == MAX_MEMBERS) token.list = refuse(list, depth)
  else token.list = learn(list, start, p, quote - start, isPlain, name, depth)
  return p
}

/** Adds the token to the list, if there is one; gives the list behind it, or 0. */
function learn(
  list: usize,
  start: usize,
  end: usize,
  quote: usize,
  isPlain: bool,
  name: usize,
  depth: u32,
): usize {
  if (list == 0) return 0
  const isFull = depth > 1 && isNearlyFull()
  const node: usize = isFull ? 0 : learnKey(list, start, end - start, isPlain, quote, name)
  return node != 0 ? behind(node) : refuse(list, depth)
}

/** There is no room for the token: objects like the one that holds it are passed over as a whole from now on. */
function refuse(list: usize, depth: u32): usize {
  if (list != 0 && depth > 1) closeList(load<u32>(task.slot + LEVELS_AT + depth * LEVEL_BYTES, 4))
  return 0
}

/** The entry of a key whose flags are in `scan`, or 0. The common case compares the text where it lies. */
function nameOf(key: usize, keyEnd: usize, depth: u32): usize {
  const aliases = task.slot + ALIASES_AT
  if (depth == 1 && (scan.flags & FLAG_ESCAPED) == 0) return findName(aliases, key, keyEnd - key)
  const path = task.slot + PATH_AT
  let to = path
  if (depth > 1) {
    const parent: usize = load<u32>(task.slot + LEVELS_AT + depth * LEVEL_BYTES)
    if (parent == 0) return 0
    to = writePath(parent)
  }
  const length = writeString(to, key, keyEnd, scan.flags, MAX_NAME_BYTES + 1) - path
  return length > (MAX_NAME_BYTES as usize) ? 0 : findName(aliases, path, length)
}

/** Puts the text of a name (all of its path) and a dot into the path buffer; gives the address behind. */
function writePath(name: usize): usize {
  const path = task.slot + PATH_AT
  const length: usize = load<u8>(name, NAME_LENGTH_AT)
  copyBytes(path, task.slot + ALIASES_AT + load<u16>(name), length)
  store<u8>(path + length, 0x2e)
  return path + length + 1
}

/**
 * The shapes of the records seen in this task: a trie of their keys in order. A key that followed these keys before is
 * passed with one comparison, without looking for its end or its name, which would be a chain of loads; a stream in
 * which several programs' records alternate stays predicted, because records part only where their keys do.
 * Two roots, one a format: a key of JSON is no key of logfmt.
 *
 * A node is a token: of logfmt `key=`; of JSON all that stands between two values, byte for byte (json-token.ts). It
 * holds the token's first 32 bytes, a bit for each that counts, their number, the name entry, where the key's quote
 * stands, and the first of the tokens that came behind it: behind its value, and inside the object that is its value.
 */
import { SHAPE_AT, SHAPE_NODE_BYTES, SHAPE_NODES } from '../memory-map'
import { task } from './state'

const MASK_AT: usize = 32
/** 0: a token that is too long or not plain. Its place in the order is known, its end and its name are not. */
const LENGTH_AT: usize = 36
const NAME_AT: usize = 40
const SIBLING_AT: usize = 44
const BEHIND_AT: usize = 48
const INSIDE_AT: usize = 52
const PLAN_AT: usize = 56
const QUOTE_AT: usize = 60
/** 1: the tokens up to this one are these and no others, byte for byte. */
const EXACT_AT: usize = 61
/** 1: the objects under this key have too many shapes; they are passed over as a whole. */
const CLOSED_AT: usize = 62
const TEXT_BYTES: usize = 32
const HALF_BITS: u32 = 0xffff
/** More tokens than this at one place are names made from data: looking through them would cost more than it saves. */
const MAX_SIBLINGS: u32 = 8

export const JSON_SHAPES: usize = 0
export const PAIR_SHAPES: usize = 1
const ROOTS: u32 = 2

let nodes: u32 = ROOTS

/** Forgets all: the slot may have served other aliases. */
export function clearShapes(): void {
  nodes = ROOTS
  memory.fill(task.slot + SHAPE_AT, 0, SHAPE_NODE_BYTES * (ROOTS as usize))
  store<u8>(shapeNode(JSON_SHAPES), 1, EXACT_AT)
}

function shapeNode(number: usize): usize {
  return task.slot + SHAPE_AT + number * SHAPE_NODE_BYTES
}

/** The list of tokens with which a record may begin. A list is the address of its first entry. */
export function shapesOf(root: usize): usize {
  return behind(shapeNode(root))
}

/** The list of tokens that followed the node's value. */
export function behind(node: usize): usize {
  return node + BEHIND_AT
}

/** Of the list behind a key: the list of tokens that opened the object under the key. */
export function inside(list: usize): usize {
  return list + (INSIDE_AT - BEHIND_AT)
}

/** The node whose list it is: nodes lie at multiples of their size. */
function ownerOf(list: usize): usize {
  return list & ~(SHAPE_NODE_BYTES - 1)
}

/** The node of the token at p, if it is one of the list; else 0. */
export function knownKey(list: usize, p: usize, end: usize): usize {
  const text = v128.load(p)
  let node: usize = load<u32>(list)
  while (node != 0) {
    const mask = load<u32>(node, MASK_AT)
    const same = i8x16.bitmask(i8x16.eq(text, v128.load(node))) as u32
    if ((~same & mask & HALF_BITS) == 0 && (mask <= HALF_BITS || isSameBehind(p, node, mask))) {
      if (p + load<u32>(node, LENGTH_AT) <= end) return node
    }
    node = load<u32>(node, SIBLING_AT)
  }
  return 0
}

/** The same for the second 16 bytes. */
function isSameBehind(p: usize, node: usize, mask: u32): bool {
  const same = i8x16.bitmask(i8x16.eq(v128.load(p, 16), v128.load(node, 16))) as u32
  return (~same & (mask >> 16)) == 0
}

/** Bytes of a known token; 0: it must be read. */
export function knownLength(node: usize): usize {
  return load<u32>(node, LENGTH_AT)
}

/** The name entry of a known key, or 0. */
export function knownName(node: usize): usize {
  return load<u32>(node, NAME_AT)
}

/** Where in a known token of JSON the key's quote stands; 0: it has no key. */
export function knownQuote(node: usize): usize {
  return load<u8>(node, QUOTE_AT)
}

/**
 * Adds a token of `length` bytes at p to a list. Of one that is not plain only the place is known. Gives its node, or 0
 * when there is no room: the rest of such a record is not predicted.
 */
export function learnKey(
  list: usize,
  p: usize,
  length: usize,
  isPlain: bool,
  quote: usize,
  name: usize,
): usize {
  if (nodes == SHAPE_NODES) return 0
  let link = list
  let siblings: u32 = 0
  while (load<u32>(link) != 0) {
    if (++siblings == MAX_SIBLINGS) return 0
    link = load<u32>(link) + SIBLING_AT
  }
  const node = shapeNode(nodes)
  const isExact = length <= TEXT_BYTES && isPlain
  v128.store(node, v128.load(p))
  v128.store(node, v128.load(p, 16), 16)
  store<u32>(node, (((1 as u64) << (min(length, TEXT_BYTES) as u64)) - 1) as u32, MASK_AT)
  store<u32>(node, isExact ? (length as u32) : 0, LENGTH_AT)
  store<u32>(node, name as u32, NAME_AT)
  store<u32>(node, 0, SIBLING_AT)
  store<u64>(node, 0, BEHIND_AT)
  store<u64>(node, 0, PLAN_AT)
  store<u8>(node, quote as u8, QUOTE_AT)
  store<u8>(node, isExact ? load<u8>(ownerOf(list), EXACT_AT) : 0, EXACT_AT)
  store<u32>(link, node as u32)
  nodes++
  return node
}

/** Are more than three of four nodes taken? Then what is left is for the keys of records, not of objects in them. */
export function isNearlyFull(): bool {
  return nodes > (SHAPE_NODES as u32) - SHAPE_NODES / 4
}

/** Objects under the key with this list behind it are passed over from now on. */
export function closeList(list: usize): void {
  store<u8>(ownerOf(list), 1, CLOSED_AT)
}

export function isClosed(list: usize): bool {
  return load<u8>(ownerOf(list), CLOSED_AT) != 0
}

/** Does the end of a record at this list say what its keys and objects were, byte for byte? */
export function isExactPath(list: usize): bool {
  return load<u8>(ownerOf(list), EXACT_AT) != 0
}

/** What member-order.ts keeps with the last token of a record; 0: nothing yet. */
export function planAt(list: usize): usize {
  return load<u32>(ownerOf(list), PLAN_AT)
}

export function keepPlan(list: usize, plan: usize): void {
  store<u32>(ownerOf(list), plan as u32, PLAN_AT)
}

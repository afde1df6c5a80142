/**
 * The shapes of the records seen in this task: a trie of their keys in order. A key that followed these keys before is
 * passed with one comparison, without looking for its end or its name, which would be a chain of loads; a stream in
 * which several programs' records alternate stays predicted, because records part only where their keys do.
 * Two roots, one a format: a key of JSON is no key of logfmt.
 *
 * A node: the first 16 bytes of the key with what ends it (`"key":` or `key=`), a bit for each byte that counts, their
 * number, the name entry; then the numbers of its first child and its next sibling, 0: none.
 */
import { SHAPE_AT, SHAPE_NODE_BYTES, SHAPE_NODES } from '../memory-map'
import { scan, task } from './state'

const MASK_AT: usize = 16
/** 0: a key that is too long or not plain. Its place in the order is known, its end and its name are not. */
const LENGTH_AT: usize = 20
const NAME_AT: usize = 24
const CHILD_AT: usize = 28
const SIBLING_AT: usize = 30
const TEXT_BYTES: usize = 16
/** More keys than this at one place are names made from data: looking through them would cost more than it saves. */
const MAX_SIBLINGS: u32 = 8

export const JSON_SHAPES: usize = 0
export const PAIR_SHAPES: usize = 1
const ROOTS: u32 = 2

let nodes: u32 = ROOTS

/** Forgets all: the slot may have served other aliases. */
export function clearShapes(): void {
  nodes = ROOTS
  memory.fill(task.slot + SHAPE_AT, 0, SHAPE_NODE_BYTES * (ROOTS as usize))
}

/** The node before the first key. */
export function shapesOf(root: usize): usize {
  return task.slot + SHAPE_AT + root * SHAPE_NODE_BYTES
}

/** The node of the key at p, if it has followed `before`; else 0. */
export function knownKey(before: usize, p: usize, end: usize): usize {
  const text = v128.load(p)
  let number: u32 = load<u16>(before, CHILD_AT)
  while (number != 0) {
    const node = nodeAt(number)
    const mask = load<u32>(node, MASK_AT)
    const same = i8x16.bitmask(i8x16.eq(text, v128.load(node))) as u32
    if ((same & mask) == mask && p + load<u32>(node, LENGTH_AT) <= end) return node
    number = load<u16>(node, SIBLING_AT)
  }
  return 0
}

/** Bytes of a known key with its colon; 0: it must be read. */
export function knownLength(node: usize): usize {
  return load<u32>(node, LENGTH_AT)
}

/** The name entry of a known key, or 0. */
export function knownName(node: usize): usize {
  return load<u32>(node, NAME_AT)
}

/**
 * Notes that the key from p (JSON: its quote) up to `colon`, whose flags are in `scan`, follows `before`. Gives its
 * node, or 0 when there is no room: the rest of such a record is not predicted.
 */
export function learnKey(before: usize, p: usize, colon: usize, name: usize): usize {
  if (nodes == SHAPE_NODES) return 0
  let link = before + CHILD_AT
  let siblings: u32 = 0
  while (load<u16>(link) != 0) {
    if (++siblings == MAX_SIBLINGS) return 0
    link = nodeAt(load<u16>(link)) + SIBLING_AT
  }
  const node = nodeAt(nodes)
  const length = colon + 1 - p
  const isPlain = length <= TEXT_BYTES && scan.flags == 0
  v128.store(node, v128.load(p))
  store<u32>(node, ((1 as u32) << (min(length, TEXT_BYTES) as u32)) - 1, MASK_AT)
  store<u32>(node, isPlain ? (length as u32) : 0, LENGTH_AT)
  store<u32>(node, name as u32, NAME_AT)
  store<u32>(node, 0, CHILD_AT)
  store<u16>(link, nodes as u16)
  nodes++
  return node
}

function nodeAt(number: u32): usize {
  return task.slot + SHAPE_AT + (number as usize) * SHAPE_NODE_BYTES
}

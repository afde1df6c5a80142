/**
 * LZ4 frames. A decoder of our own, because it writes into memory that we measured before: the packages allocate as
 * the stream demands, outside of V8, and free when the collector comes. Checksums of the frame are passed over, as
 * the CRC of the Kafka batch covers all of it. Neighbour: lz4-block.ts.
 * Grammar: lz4/lz4 doc/lz4_Frame_format.md; like Kafka's own reader it reads one frame.
 *
 *   frame  = 04 22 4d 18, flags u8, sizes u8, [content size u64], [dictionary u32], header checksum u8,
 *            [block], 0 u32, [content checksum u32]                                   little-endian
 *   flags  = version 01, independent blocks, block checksums, content size, content checksum, 0, dictionary
 *   block  = size u32 (highest bit: stored as it is), data, [checksum u32]
 */
import { roomFor, TooLargeError } from './codec.ts'
import { decompressBlock, OVERRUN } from './lz4-block.ts'

const MAGIC = 0x184d2204
const FLAGS_AT = 4
const SIZES_AT = 5
const OPTIONAL_AT = 6
const VERSION_MASK = 0xc0
const VERSION = 0x40
const INDEPENDENT = 0x20
const BLOCK_CHECKSUMS = 0x10
const CONTENT_SIZE = 0x08
const DICTIONARY = 0x01
const STORED = 0x80000000
const CHECKSUM_BYTES = 4
/** Sizes 4 to 7: 64 KiB, 256 KiB, 1 MiB, 4 MiB. */
const largestBlock = (sizes: number): number => 2 ** (8 + 2 * ((sizes >> 4) & 7))
const LEAST_SIZE = 4
const SIZE_BYTES = 4
/** A byte of a block stands for no more than 255. */
const LARGEST_GROWTH = 255

interface Block {
  readonly at: number
  readonly end: number
  readonly isStored: boolean
}

/** @throws TooLargeError, or an error where the frame is broken */
export function decompressLz4(packed: Buffer, maxBytes: number): Buffer {
  const flags = packed[FLAGS_AT] ?? 0
  const sizes = packed[SIZES_AT] ?? 0
  const blocksAt = OPTIONAL_AT + (flags & CONTENT_SIZE ? 8 : 0) + 1
  if (packed.length < blocksAt || packed.readUInt32LE(0) !== MAGIC) throw new Error('no frame')
  if ((flags & VERSION_MASK) !== VERSION || (sizes >> 4) % 8 < LEAST_SIZE)
    throw new Error('no frame of version 1')
  if (flags & DICTIONARY) throw new Error('the frame needs a dictionary')
  const most = largestBlock(sizes)
  const checksumBytes = flags & BLOCK_CHECKSUMS ? CHECKSUM_BYTES : 0
  let bound = 0
  for (const { at, end, isStored } of blocks(packed, blocksAt, checksumBytes)) {
    if (isStored && end - at > most) throw new Error('a block is larger than its frame allows')
    bound += isStored ? end - at : Math.min(most, (end - at) * LARGEST_GROWTH)
  }
  const plain = roomFor(Math.min(bound, maxBytes))
  let place = 0
  for (const { at, end, isStored } of blocks(packed, blocksAt, checksumBytes)) {
    const limit = Math.min(plain.length, place + most)
    const next = isStored
      ? store(packed.subarray(at, end), plain, place, limit)
      : decompressBlock(packed, at, end, plain, place, limit, flags & INDEPENDENT ? place : 0)
    if (next > limit) throw limit < place + most ? new TooLargeError() : new Error('a block is too large')
    place = next
  }
  return plain.subarray(0, place)
}

function store(block: Buffer, plain: Buffer, place: number, limit: number): number {
  return block.length > limit - place ? OVERRUN : place + block.copy(plain, place)
}

function* blocks(packed: Buffer, from: number, checksumBytes: number): Generator<Block> {
  for (let at = from; ; ) {
    if (packed.length - at < SIZE_BYTES) throw new Error('the frame is cut')
    const size = packed.readUInt32LE(at)
    if (size === 0) return
    const isStored = size >= STORED
    at += SIZE_BYTES
    const end = at + (isStored ? size - STORED : size)
    if (end + checksumBytes > packed.length) throw new Error('the frame is cut')
    yield { at, end, isStored }
    at = end + checksumBytes
  }
}

/**
 * Snappy in both framings that Kafka's producers write: xerial's blocks (Java) and one raw block (librdkafka, Go).
 * Grammar: google/snappy format_description.txt; xerial/snappy-java SnappyOutputStream. Neighbour: decompress.ts.
 *
 *   xerial = 82 'SNAPPY' 00, version i32, compatible i32, [size i32, block]      big-endian
 *   block  = decompressed size, varint of 32 bits; elements
 */
import { uncompressSync } from 'snappy'
import { roomFor, TooLargeError } from './codec.ts'

const XERIAL = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0])
const XERIAL_HEADER_BYTES = 16
const SIZE_BYTES = 4
/** An element of three bytes copies 64 at most, so no block grows by more. */
const LARGEST_GROWTH = 22

/** @throws TooLargeError, or an error where the stream is broken */
export function decompressSnappy(packed: Buffer, maxBytes: number): Buffer {
  const isXerial = packed.length >= XERIAL_HEADER_BYTES && packed.subarray(0, XERIAL.length).equals(XERIAL)
  if (isXerial) return decompressBlocks(packed, maxBytes)
  if (sizeOf(packed) > maxBytes) throw new TooLargeError()
  return decompressBlock(packed)
}

/** Sums up first: blocks are small, and what they give together gets memory once. */
function decompressBlocks(packed: Buffer, maxBytes: number): Buffer {
  let size = 0
  for (const block of blocks(packed)) size += sizeOf(block)
  if (size > maxBytes) throw new TooLargeError()
  const plain = roomFor(size)
  let place = 0
  for (const block of blocks(packed)) place += decompressBlock(block).copy(plain, place)
  return plain
}

function* blocks(packed: Buffer): Generator<Buffer> {
  let at = XERIAL_HEADER_BYTES
  while (at < packed.length) {
    const from = at + SIZE_BYTES
    const bytes = from > packed.length ? -1 : packed.readInt32BE(at)
    if (bytes < 0 || bytes > packed.length - from) throw new Error('a block is cut')
    yield packed.subarray(from, from + bytes)
    at = from + bytes
  }
}

/** Into memory of V8's own, which can be given back at once; what it says of its size was looked at before. */
const decompressBlock = (block: Buffer): Buffer => uncompressSync(block, { copyOutputData: true }) as Buffer

/** What a block says it gives, bytes. @throws where that cannot be */
function sizeOf(block: Buffer): number {
  let size = 0
  for (let at = 0; at < 5; at++) {
    const byte = block[at]
    if (byte === undefined) throw new Error('a block is cut')
    size += (byte & 0x7f) * 2 ** (7 * at)
    if (byte > 0x7f) continue
    if (size > block.length * LARGEST_GROWTH)
      throw new Error(`${block.length} bytes say that they give ${size}`)
    return size
  }
  throw new Error('its size is no varint of 32 bits')
}

/**
 * The frames of a zstd stream: where each lies, and the most that it can give, from the headers of its blocks. A size
 * that the frame tells counts only where it is smaller, as the decoder holds it to that. Neighbour: zstd.ts.
 * Grammar: RFC 8878, sections 3.1.1 and 3.1.2.
 *
 *   frame     = 28 b5 2f fd, descriptor u8, [window u8], [dictionary id], [content size], [block], [checksum u32]
 *   block     = u24: last (1 bit), type (2 bits), size (21 bits); then size bytes, or one byte that is repeated
 *   skippable = 5? 2a 4d 18, size u32, data                                                   little-endian
 */

export interface Frame {
  readonly at: number
  readonly end: number
  /** It cannot give more. */
  readonly mostBytes: number
}

const MAGIC = 0xfd2fb528
const SKIPPABLE = 0x184d2a50
const SKIPPABLE_MASK = 0xfffffff0
const SKIPPABLE_HEADER_BYTES = 8
const DESCRIPTOR_AT = 4
const SINGLE_SEGMENT = 0x20
const RESERVED = 0x08
const CHECKSUM = 0x04
const CHECKSUM_BYTES = 4
const DICTIONARY_MASK = 3
const contentSizeBytes = [0, 2, 4, 8] as const
const BLOCK_HEADER_BYTES = 3
const LARGEST_BLOCK_BYTES = 128 * 1024
const REPEATED = 1
const COMPRESSED = 2
const RESERVED_TYPE = 3

/** All frames with content, in order. @throws where the stream is cut or is none */
export function readFrames(packed: Buffer): Frame[] {
  const frames: Frame[] = []
  for (let at = 0; at < packed.length || frames.length === 0; ) {
    if (packed.length - at < SKIPPABLE_HEADER_BYTES) throw cut()
    const magic = packed.readUInt32LE(at)
    if ((magic & SKIPPABLE_MASK) >>> 0 === SKIPPABLE) {
      at += SKIPPABLE_HEADER_BYTES + packed.readUInt32LE(at + 4)
      if (at > packed.length) throw cut()
      if (at === packed.length) break
      continue
    }
    if (magic !== MAGIC) throw new Error('no frame')
    const frame = readFrame(packed, at)
    frames.push(frame)
    at = frame.end
  }
  return frames
}

function readFrame(packed: Buffer, at: number): Frame {
  const descriptor = packed[at + DESCRIPTOR_AT]!
  if (descriptor & RESERVED) throw new Error('a frame of another version')
  if (descriptor & DICTIONARY_MASK) throw new Error('the frame needs a dictionary')
  const isSingle = (descriptor & SINGLE_SEGMENT) !== 0
  const sizeAt = at + DESCRIPTOR_AT + (isSingle ? 1 : 2)
  const sizeBytes = contentSizeBytes[(descriptor >> 6) as 0 | 1 | 2 | 3] || (isSingle ? 1 : 0)
  if (sizeAt + sizeBytes > packed.length) throw cut()
  const told = sizeBytes === 0 ? Infinity : contentSize(packed, sizeAt, sizeBytes)
  const { end, mostBytes } = readBlocks(packed, sizeAt + sizeBytes)
  const frameEnd = end + (descriptor & CHECKSUM ? CHECKSUM_BYTES : 0)
  if (frameEnd > packed.length) throw cut()
  return { at, end: frameEnd, mostBytes: Math.min(told, mostBytes) }
}

function contentSize(packed: Buffer, at: number, bytes: number): number {
  if (bytes === 8) return Number(packed.readBigUInt64LE(at))
  return packed.readUIntLE(at, bytes) + (bytes === 2 ? 256 : 0)
}

function readBlocks(packed: Buffer, from: number): { end: number; mostBytes: number } {
  let mostBytes = 0
  for (let at = from; ; ) {
    if (at + BLOCK_HEADER_BYTES > packed.length) throw cut()
    const header = packed.readUIntLE(at, BLOCK_HEADER_BYTES)
    const type = (header >> 1) & 3
    const size = header >> 3
    if (type === RESERVED_TYPE) throw new Error('a block of no type')
    at += BLOCK_HEADER_BYTES + (type === REPEATED ? 1 : size)
    if (at > packed.length) throw cut()
    mostBytes += type === COMPRESSED ? LARGEST_BLOCK_BYTES : size
    if (header & 1) return { end: at, mostBytes }
  }
}

const cut = (): Error => new Error('the frame is cut')

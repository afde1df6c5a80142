/** Streams made by hand, plainly: framings and sizes that no compressor at hand writes. For decompress.test.ts. */
import { compressSync } from 'snappy'

const u32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** Each block as snappy-java frames it. */
export function xerial(blocks: readonly Buffer[]): Buffer {
  const framed = blocks.flatMap(block => {
    const packed = compressSync(block)
    const size = Buffer.alloc(4)
    size.writeInt32BE(packed.length)
    return [size, packed]
  })
  return Buffer.concat([Buffer.from('82534e41505059000000000100000001', 'hex'), ...framed])
}

export type Lz4Block = { readonly stored: Buffer } | { readonly packed: Buffer }

/** A block that gives `bytes` times the letter a; at least 20. */
export function lz4Match(bytes: number): Lz4Block {
  const left = bytes - 1 - 4 - 15
  const more = Buffer.concat([Buffer.alloc(Math.floor(left / 255), 255), Buffer.from([left % 255])])
  // One literal, a match from one byte back, and an end of no literals.
  return { packed: Buffer.concat([Buffer.from([0x1f, 0x61, 1, 0]), more, Buffer.from([0])]) }
}

export interface Lz4Flags {
  readonly blockChecksums?: boolean
  readonly contentSize?: boolean
  readonly isLinked?: boolean
  /** 4 to 7. */
  readonly sizes?: number
}

/** Checksums are zeros: they are passed over. */
export function lz4Frame(blocks: readonly Lz4Block[], flags: Lz4Flags = {}): Buffer {
  const { blockChecksums = false, contentSize = false, isLinked = false, sizes = 4 } = flags
  const checksum = Buffer.alloc(blockChecksums ? 4 : 0)
  const byte = 0x40 | (isLinked ? 0 : 0x20) | (blockChecksums ? 0x10 : 0) | (contentSize ? 8 : 0)
  const framed = blocks.flatMap(block =>
    'stored' in block
      ? [u32(block.stored.length + 0x80000000), block.stored, checksum]
      : [u32(block.packed.length), block.packed, checksum],
  )
  const told = Buffer.alloc(contentSize ? 8 : 0, 0xff)
  return Buffer.concat([
    u32(0x184d2204),
    Buffer.from([byte, sizes << 4]),
    told,
    Buffer.from([0]),
    ...framed,
    u32(0),
  ])
}

/** Blocks that repeat one byte, `bytes` in all. */
export function zstdRepeat(bytes: number): Buffer[] {
  const most = 128 * 1024
  const count = Math.ceil(bytes / most)
  return Array.from({ length: count }, (_, index) => {
    const header = Buffer.alloc(4)
    header.writeUIntLE((most << 3) | (1 << 1) | (index === count - 1 ? 1 : 0), 0, 3)
    return header
  })
}

/** A frame with a window of 128 KiB; `told` is the content size that it tells, of one byte. */
export function zstdFrame(blocks: readonly Buffer[], told?: number): Buffer {
  const header = told === undefined ? [0x00, 0x38] : [0x20, told]
  return Buffer.concat([u32(0xfd2fb528), Buffer.from(header), ...blocks])
}

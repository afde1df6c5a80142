/**
 * zstd: by zlib where Node has it (from 22.15), else by a WebAssembly build of the original. Both are given the room
 * that the frames can need, never what they say, and no more than allowed. Neighbours: zstd-frames.ts, compress.ts.
 */
import zlib from 'node:zlib'
import { TooLargeError } from './codec.ts'
import { isTooLarge } from './gzip.ts'
import { type Frame, readFrames } from './zstd-frames.ts'

/** What zlib has beyond the types of Node 20. */
interface ZlibWithZstd {
  zstdDecompressSync(packed: Uint8Array, options: { chunkSize: number; maxOutputLength: number }): Buffer
}

const native = 'zstdDecompressSync' in zlib ? (zlib as unknown as ZlibWithZstd) : null
const wasm = native === null ? await import('@foxglove/wasm-zstd') : null
await wasm?.isLoaded

/** zlib asks for a further chunk when one is quite full, and takes none below 64 bytes. */
const LEAST_CHUNK_BYTES = 1024

/** @throws TooLargeError, or an error where a frame is broken */
export function decompressZstd(packed: Buffer, maxBytes: number): Buffer {
  const frames = readFrames(packed)
  const [only] = frames
  if (only !== undefined && frames.length === 1) return decompressFrame(packed, only, maxBytes)
  const parts: Buffer[] = []
  let left = maxBytes
  for (const frame of frames) {
    const part = decompressFrame(packed, frame, left)
    left -= part.length
    parts.push(part)
  }
  return Buffer.concat(parts)
}

function decompressFrame(packed: Buffer, { at, end, mostBytes }: Frame, maxBytes: number): Buffer {
  const room = Math.min(mostBytes, maxBytes)
  try {
    if (native === null) return wasm!.decompress(packed.subarray(at, end), room)
    return native.zstdDecompressSync(packed.subarray(at, end), {
      chunkSize: Math.max(LEAST_CHUNK_BYTES, room + 1),
      maxOutputLength: maxBytes,
    })
  } catch (error) {
    // The WebAssembly build does not say why: what could be larger than allowed is taken to be.
    throw isTooLarge(error) || (native === null && mostBytes > maxBytes) ? new TooLargeError() : error
  }
}

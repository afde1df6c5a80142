/** gzip (RFC 1952) of any number of members, by zlib, which also knows the cap. Neighbour: decompress.ts. */
import { gunzipSync } from 'node:zlib'
import { TooLargeError } from './codec.ts'

const ISIZE_BYTES = 4
const LEAST_CHUNK_BYTES = 1024

/** @throws TooLargeError, or zlib's error */
export function decompressGzip(packed: Buffer, maxBytes: number): Buffer {
  try {
    return gunzipSync(packed, { chunkSize: chunkFor(packed, maxBytes), maxOutputLength: maxBytes })
  } catch (error) {
    throw isTooLarge(error) ? new TooLargeError() : error
  }
}

/**
 * One chunk for all of it, so that zlib does not gather small ones and then copy them: that takes twice the memory.
 * The size stands in the last four bytes (ISIZE); where it is wrong, more chunks follow.
 */
function chunkFor(packed: Buffer, maxBytes: number): number {
  const told = packed.length < ISIZE_BYTES ? 0 : packed.readUInt32LE(packed.length - ISIZE_BYTES)
  // zlib asks for a further chunk when one is quite full.
  return Math.max(LEAST_CHUNK_BYTES, Math.min(told, maxBytes) + 1)
}

/** Did zlib stop at maxOutputLength? */
export const isTooLarge = (error: unknown): boolean =>
  error instanceof RangeError && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE'

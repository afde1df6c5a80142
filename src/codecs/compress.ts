/**
 * Compresses the records of a Kafka batch, for our own producer; speed counts more than size. Never in a worker.
 * Neighbour: decompress.ts.
 */
import zlib, { gzipSync } from 'node:zlib'
import { compressFrameSync } from 'lz4-napi'
import { compressSync } from 'snappy'
import type { Codec } from './codec.ts'

/** What zlib has beyond the types of Node 20. */
interface ZlibWithZstd {
  readonly constants: { readonly ZSTD_c_compressionLevel: number }
  zstdCompressSync(plain: Uint8Array, options: { params: Record<number, number> }): Buffer
}

const LEVEL = 1
const native = 'zstdCompressSync' in zlib ? (zlib as unknown as ZlibWithZstd) : null
const wasm = native === null ? await import('@foxglove/wasm-zstd') : null
await wasm?.isLoaded

const encoders: Readonly<Record<Codec, (plain: Buffer) => Buffer>> = {
  none: plain => plain,
  gzip: plain => gzipSync(plain, { level: LEVEL }),
  snappy: plain => compressSync(plain),
  lz4: plain => compressFrameSync(plain),
  zstd: plain =>
    native === null
      ? wasm!.compress(plain, LEVEL)
      : native.zstdCompressSync(plain, { params: { [native.constants.ZSTD_c_compressionLevel]: LEVEL } }),
}

/** The bytes in the framing that all clients read: snappy raw, lz4 as a frame of independent blocks. */
export const compress = (codec: Codec, plain: Buffer): Buffer => encoders[codec](plain)

/**
 * Decompresses the records of a Kafka batch, by its codec. What a stream says of its own size is never trusted: no
 * decoder takes more memory than it was allowed. Workers import it; there is no I/O here. Neighbour: codec.ts.
 */
import { type Codec, TooLargeError } from './codec.ts'
import { decompressGzip } from './gzip.ts'
import { decompressLz4 } from './lz4.ts'

type Packed = Exclude<Codec, 'none'>
type Decoder = (packed: Buffer, maxBytes: number) => Buffer

const decoders: Partial<Record<Packed, Decoder>> = { gzip: decompressGzip, lz4: decompressLz4 }

/** Libraries cost some megabytes in each thread, so they are loaded when their first batch comes. */
const loaders: Partial<Record<Packed, () => Promise<Decoder>>> = {
  snappy: async () => (await import('./snappy.ts')).decompressSnappy,
  zstd: async () => (await import('./zstd.ts')).decompressZstd,
}

/** loadDecoder() is to be called first. */
export class NotLoadedError extends Error {
  readonly codec: Packed

  constructor(codec: Packed) {
    super(`the decoder of ${codec} is not loaded`)
    this.codec = codec
  }
}

/** Resolves when `decompress` can be called for this codec. */
export async function loadDecoder(codec: Packed): Promise<void> {
  const load = loaders[codec]
  if (decoders[codec] === undefined && load !== undefined) decoders[codec] = await load()
}

/**
 * The decompressed bytes, in memory that is shared with nobody where it is 256 KiB or more.
 * @throws TooLargeError when they are more than `maxBytes`; NotLoadedError; any other error when they are broken
 */
export const decompress = (codec: Packed, packed: Buffer, maxBytes: number): Buffer => {
  const decode = decoders[codec]
  if (decode === undefined) throw new NotLoadedError(codec)
  const plain = decode(packed, maxBytes)
  if (plain.length > maxBytes) throw new TooLargeError()
  return plain
}

/**
 * Decompresses the records of a Kafka batch, by its codec. What a stream says of its own size is never trusted: no
 * decoder takes more memory than it was allowed. Workers import it; there is no I/O here. Neighbour: codec.ts.
 */
import { type Codec, TooLargeError } from './codec.ts'
import { decompressGzip } from './gzip.ts'
import { decompressLz4 } from './lz4.ts'
import { decompressSnappy } from './snappy.ts'
import { decompressZstd } from './zstd.ts'

type Decoder = (packed: Buffer, maxBytes: number) => Buffer

const decoders: Readonly<Record<Exclude<Codec, 'none'>, Decoder>> = {
  gzip: decompressGzip,
  snappy: decompressSnappy,
  lz4: decompressLz4,
  zstd: decompressZstd,
}

/**
 * The decompressed bytes, in memory that is shared with nobody where it is 256 KiB or more.
 * @throws TooLargeError when they are more than `maxBytes`; any other error when they are broken
 */
export const decompress = (codec: Exclude<Codec, 'none'>, packed: Buffer, maxBytes: number): Buffer => {
  const plain = decoders[codec](packed, maxBytes)
  if (plain.length > maxBytes) throw new TooLargeError()
  return plain
}

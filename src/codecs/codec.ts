/**
 * The codecs of Kafka batches: their names, in the order of the numbers in a batch's attributes, and what a decoder
 * throws. Neighbours: decompress.ts and compress.ts; one file a format beside them.
 */

/** The index is the number in bits 0 to 2 of a batch's attributes (Kafka protocol guide, "Record Batch"). */
export const codecs = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
export type Codec = (typeof codecs)[number]

/** The decompressed records would be larger than they may be. Anything else that a decoder throws: they are broken. */
export class TooLargeError extends Error {}

/** Memory of its own for what is decompressed, never a part of Node's pool; untouched pages of it cost nothing. */
export const roomFor = (bytes: number): Buffer => Buffer.allocUnsafeSlow(bytes)

/**
 * A dead letter's record as the Kafka batch of one record that the kernel reads. Layout: produce/encode-batch.ts, which
 * writes it; here are the headers, with the values that are no text, and the offset.
 */
import { BatchEncoder } from '../produce/encode-batch.ts'
import type { Letter } from '../sink/replay.ts'

const OFFSET_AT = 0
const VARINT_BYTES = 5
/** What a record takes beside key, value and headers, with the batch's own header; more than enough. */
const FRAME_BYTES = 256

/**
 * The batch, sound from base offset to checksum.
 * @param kafkaMs Kafka's time of the record
 * @throws LetterDamaged
 */
export function recordBatch({ key, raw, headers, offset }: Letter, kafkaMs: number): Buffer {
  const block = encodeHeaderPairs(headers === null ? [] : pairsOf(headers))
  const encoder = new BatchEncoder(FRAME_BYTES + (raw?.length ?? 0) + (key?.length ?? 0) + block.length)
  encoder.append(raw, 0, raw?.length ?? 0, key, block, kafkaMs, 0)
  const batch = encoder.finish('none').stamp(-1n, -1, -1)
  // The checksum covers what stands behind it, which the offset does not.
  batch.writeBigInt64BE(BigInt(offset), OFFSET_AT)
  return batch
}

/** What was kept of a letter is not what was written. */
export class LetterDamaged extends Error {}

type Pair = readonly [name: string, value: Buffer | null]

function pairsOf(json: Buffer): Pair[] {
  const pairs = parsed(json)
  if (!Array.isArray(pairs) || !pairs.every(isPair)) throw new LetterDamaged('its headers cannot be read')
  return pairs.map(([name, value]) => [name, value === null ? null : Buffer.from(value, 'base64')])
}

/** Undefined: it is no JSON. */
function parsed(json: Buffer): unknown {
  try {
    return JSON.parse(json.toString('utf8'))
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const isPair = (pair: unknown): pair is readonly [string, string | null] =>
  Array.isArray(pair) && typeof pair[0] === 'string' && (pair[1] === null || typeof pair[1] === 'string')

/** A block of headers as records carry it: the count, then name and value each; a length of −1 is null. */
export function encodeHeaderPairs(pairs: readonly Pair[]): Buffer {
  const parts = [varint(pairs.length)]
  for (const [name, value] of pairs) {
    const text = Buffer.from(name)
    parts.push(varint(text.length), text, varint(value === null ? -1 : value.length))
    if (value !== null) parts.push(value)
  }
  return Buffer.concat(parts)
}

/** Zigzag, of a 32-bit value. */
function varint(value: number): Buffer {
  const bytes = Buffer.alloc(VARINT_BYTES)
  let bits = ((value << 1) ^ (value >> 31)) >>> 0
  let place = 0
  while (bits > 0x7f) {
    bytes[place++] = (bits & 0x7f) | 0x80
    bits >>>= 7
  }
  bytes[place++] = bits
  return bytes.subarray(0, place)
}

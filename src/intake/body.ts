/**
 * Reads the body of a request into memory: no more than allowed, nothing that the budget does not hold, gzip and zstd
 * decompressed. Neighbours: budget.ts, split.ts, codecs/, which trust no size that a stream claims.
 */
import { TooLargeError } from '../codecs/codec.ts'
import { decompress, loadDecoder } from '../codecs/decompress.ts'
import { messageOf, PipelineError } from '../errors.ts'
import type { Reservation } from './budget.ts'

export interface BodyOptions {
  /** Of Content-Encoding; empty: none. */
  readonly encoding: string
  /** Before and after decompression. */
  readonly maxBytes: number
  readonly reservation: Reservation
}

export const contentEncodings = ['identity', 'gzip', 'zstd'] as const
type ContentEncoding = (typeof contentEncodings)[number]

/**
 * The plain bytes. Throws INTAKE_BODY_TOO_LARGE, INTAKE_FULL, INTAKE_UNSUPPORTED (an encoding) or
 * HTTP_REQUEST_INVALID (it cannot be decompressed, or the client left).
 */
export async function readBody(stream: AsyncIterable<Buffer>, options: BodyOptions): Promise<Buffer> {
  const encoding = encodingOf(options.encoding)
  const packed = await collect(stream, options)
  if (encoding === 'identity') return packed
  await loadDecoder(encoding)
  const plain = unpack(encoding, packed, options.maxBytes)
  if (!options.reservation.grow(plain.length)) throw new PipelineError('INTAKE_FULL')
  return plain
}

function encodingOf(text: string): ContentEncoding {
  const encoding = text.trim().toLowerCase() || 'identity'
  const known = contentEncodings.find(name => name === encoding)
  if (known !== undefined) return known
  throw new PipelineError('INTAKE_UNSUPPORTED', {
    header: 'Content-Encoding',
    value: encoding.slice(0, 100),
    accepts: contentEncodings.join(', '),
  })
}

async function collect(
  stream: AsyncIterable<Buffer>,
  { maxBytes, reservation }: BodyOptions,
): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  try {
    for await (const part of stream) {
      bytes += part.length
      if (bytes > maxBytes) throw tooLarge(maxBytes)
      if (!reservation.grow(part.length)) throw new PipelineError('INTAKE_FULL')
      parts.push(part)
    }
  } catch (error) {
    if (error instanceof PipelineError) throw error
    throw new PipelineError(
      'HTTP_REQUEST_INVALID',
      { problem: `the body broke off: ${messageOf(error)}` },
      error,
    )
  }
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts)
}

function unpack(encoding: 'gzip' | 'zstd', packed: Buffer, maxBytes: number): Buffer {
  try {
    return decompress(encoding, packed, maxBytes)
  } catch (error) {
    if (error instanceof TooLargeError) throw tooLarge(maxBytes)
    throw new PipelineError(
      'HTTP_REQUEST_INVALID',
      { problem: `the body is no ${encoding}: ${messageOf(error)}` },
      error,
    )
  }
}

const tooLarge = (maxBytes: number): PipelineError =>
  new PipelineError('INTAKE_BODY_TOO_LARGE', { setting: 'http.intake.max_body', bytes: maxBytes })

/**
 * Where records come from: a seed, or the lines of a stream. Each source hands over a few at a time; produce.ts
 * asks for the next when there is room.
 */
import type { Readable } from 'node:stream'
import { type GeneratorOptions, LogGenerator } from './generate.ts'

/** Takes the record source[start..end); its bytes are copied before it returns. */
export type Append = (source: Buffer, start: number, end: number, key: Buffer | null) => void

export interface RecordSource {
  /** Hands over the next records, about `most` of them, waiting for them if need be; false when there are no more. */
  read(append: Append, most: number): Promise<boolean>
  /** Ends a waiting read() and makes it return false. */
  stop(): void
}

const lineFeed = 0x0a
const carriageReturn = 0x0d

export interface GeneratedOptions extends GeneratorOptions {
  /** The host as key; false: no keys, so that partitions fill evenly. */
  readonly keys: boolean
}

/** Records of generate.ts. */
export function createGeneratedSource(options: GeneratedOptions): RecordSource {
  const generator = new LogGenerator(options)
  const keys = new Map<string, Buffer>()
  let isStopped = false
  const keyOf = (host: string): Buffer => {
    const known = keys.get(host)
    if (known) return known
    const key = Buffer.from(host)
    keys.set(host, key)
    return key
  }
  return {
    async read(append, most) {
      if (isStopped) return false
      for (let n = 0; n < most; n++) {
        if (!generator.next()) return false
        append(generator.buffer, 0, generator.length, options.keys ? keyOf(generator.host) : null)
      }
      return true
    },
    stop() {
      isStopped = true
    },
  }
}

/** The field of a JSON object as a key; null when the line is none or the field is missing or no string or number. */
function keyFrom(line: string, field: string): Buffer | null {
  let parsed: unknown
  try {
    parsed = JSON.parse(line)
  } catch {
    // No JSON: a record like any other, without a key.
    return null
  }
  const value = (parsed as Record<string, unknown> | null)?.[field]
  return typeof value === 'string' || typeof value === 'number' ? Buffer.from(String(value)) : null
}

/**
 * The lines of a stream, without their ends; empty ones are passed over. `keyField` names the field of a JSON line
 * that becomes the record's key; null: no keys.
 */
export function createLineSource(stream: Readable, keyField: string | null): RecordSource {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let rest: Buffer = Buffer.alloc(0)
  let isStopped = false

  const appendLine = (text: Buffer, start: number, lineEnd: number, append: Append): void => {
    const end = lineEnd > start && text[lineEnd - 1] === carriageReturn ? lineEnd - 1 : lineEnd
    if (end === start) return
    append(text, start, end, keyField === null ? null : keyFrom(text.toString('utf8', start, end), keyField))
  }
  return {
    async read(append) {
      const { value, done } = await chunks.next().catch(error => {
        if (isStopped) return { value: undefined, done: true as const }
        throw error
      })
      if (done) {
        appendLine(rest, 0, rest.length, append)
        rest = Buffer.alloc(0)
        return false
      }
      const text = rest.length ? Buffer.concat([rest, value]) : value
      let start = 0
      for (let end = text.indexOf(lineFeed); end >= 0; end = text.indexOf(lineFeed, start)) {
        appendLine(text, start, end, append)
        start = end + 1
      }
      rest = text.subarray(start)
      return true
    },
    stop() {
      isStopped = true
      stream.destroy()
    },
  }
}

/**
 * Where the messages of a protocol begin and end in a stream of bytes, and what each is: PostgreSQL manual, "Message
 * Formats"; Kafka protocol guide, "Protocol Primitives"; Redis, "RESP protocol spec". Plain connections only, no TLS.
 */
export type Protocol = 'kafka' | 'postgres' | 'redis'
/** up: from the client to the server; down: back. */
export type Direction = 'up' | 'down'

export interface Message {
  readonly direction: Direction
  /**
   * Postgres: the letter of its type, 'startup' for what comes before. Kafka: the name or number of the API, also of an
   * answer. Redis: the command in capitals; '' for an answer.
   */
  readonly kind: string
  readonly bytes: Buffer
}

/** Takes the bytes of one direction of one connection as they come and returns the messages that are complete. */
export interface Framing {
  take(chunk: Buffer): readonly Message[]
}

/** One for each direction; what an answer is may be known only from its request. */
export function createFramings(protocol: Protocol): Record<Direction, Framing> {
  if (protocol === 'postgres') {
    const questions = { open: 0 }
    return {
      up: framing('up', postgresClient(questions)),
      down: framing('down', postgresServer(questions)),
    }
  }
  if (protocol === 'redis')
    return { up: framing('up', redisMessage(true)), down: framing('down', redisMessage(false)) }
  const asked = new Map<number, string>()
  return { up: framing('up', kafkaRequest(asked)), down: framing('down', kafkaResponse(asked)) }
}

interface Found {
  readonly kind: string
  /** May go beyond the bytes that are there. */
  readonly length: number
}

/** The message that these bytes begin with; null: too few bytes to say. */
type Finder = (bytes: Buffer) => Found | null

function framing(direction: Direction, find: Finder): Framing {
  let pieces: Buffer[] = []
  let held = 0
  let needed = 1
  return {
    take(chunk) {
      pieces.push(chunk)
      held += chunk.length
      if (held < needed) return []
      let rest = pieces.length === 1 ? chunk : Buffer.concat(pieces)
      const messages: Message[] = []
      let found = find(rest)
      for (; found !== null && found.length <= rest.length; found = find(rest)) {
        messages.push({ direction, kind: found.kind, bytes: rest.subarray(0, found.length) })
        rest = rest.subarray(found.length)
      }
      pieces = [rest]
      held = rest.length
      needed = found?.length ?? held + 1
      return messages
    },
  }
}

/** SSLRequest and GSSENCRequest: one byte answers them, and then the first message comes. */
const ENCRYPTION_QUESTIONS = [80_877_103, 80_877_104]

/** The first message has no type: length and a code, which is the version or a question. */
function postgresClient(questions: { open: number }): Finder {
  let isFirst = true
  return bytes => {
    if (!isFirst) return postgresMessage(bytes)
    if (bytes.length < 8) return null
    const length = bytes.readInt32BE(0)
    const isQuestion = ENCRYPTION_QUESTIONS.includes(bytes.readInt32BE(4))
    if (bytes.length >= length && isQuestion) questions.open += 1
    else if (bytes.length >= length) isFirst = false
    return { kind: 'startup', length }
  }
}

const postgresServer =
  (questions: { open: number }): Finder =>
  bytes => {
    if (questions.open === 0 || bytes.length === 0) return postgresMessage(bytes)
    questions.open -= 1
    return { kind: 'encryption', length: 1 }
  }

const postgresMessage: Finder = bytes =>
  bytes.length < 5 ? null : { kind: String.fromCharCode(bytes[0]!), length: 1 + bytes.readInt32BE(1) }

const apis: Readonly<Record<number, string>> = {
  0: 'Produce',
  1: 'Fetch',
  2: 'ListOffsets',
  3: 'Metadata',
  8: 'OffsetCommit',
  10: 'FindCoordinator',
  11: 'JoinGroup',
  12: 'Heartbeat',
  13: 'LeaveGroup',
  14: 'SyncGroup',
  18: 'ApiVersions',
}

const kafkaRequest =
  (asked: Map<number, string>): Finder =>
  bytes => {
    if (bytes.length < 12) return null
    const key = bytes.readInt16BE(4)
    const kind = apis[key] ?? String(key)
    asked.set(bytes.readInt32BE(8), kind)
    return { kind, length: 4 + bytes.readInt32BE(0) }
  }

const kafkaResponse =
  (asked: ReadonlyMap<number, string>): Finder =>
  bytes =>
    bytes.length < 8
      ? null
      : { kind: asked.get(bytes.readInt32BE(4)) ?? 'unknown', length: 4 + bytes.readInt32BE(0) }

const LINE_END = '\r\n'

const redisMessage =
  (isCommand: boolean): Finder =>
  bytes => {
    const end = respEnd(bytes, 0)
    if (end === null) return null
    const name = isCommand
      ? (/^\*\d+\r\n\$\d+\r\n(\w+)/.exec(bytes.toString('latin1', 0, 64))?.[1] ?? '')
      : ''
    return { kind: name.toUpperCase(), length: end }
  }

/** One past the value that begins at `at`: a line, a string with its length, or a list of values. */
function respEnd(bytes: Buffer, at: number): number | null {
  const line = bytes.indexOf(LINE_END, at)
  if (line < 0) return null
  const [type, count] = [bytes[at], Number(bytes.toString('latin1', at + 1, line))]
  const begin = line + LINE_END.length
  if (type === 0x24) {
    const end = count < 0 ? begin : begin + count + LINE_END.length
    return end > bytes.length ? null : end
  }
  if (type !== 0x2a) return begin
  let end: number | null = begin
  for (let n = 0; n < count && end !== null; n++) end = respEnd(bytes, end)
  return end
}

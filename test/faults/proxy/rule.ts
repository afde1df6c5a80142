/**
 * A fault that waits for its message: what it looks for, what it does to it and how often. Rules are asked for every
 * message of every connection of their proxy, before it is passed on.
 */
import type { Direction, Message } from './framing.ts'
import type { Link } from './link.ts'

/** Returns what is passed on instead of the message; null: nothing of it. May cut the link. */
export type Strike = (message: Message, link: Link) => Buffer | null

export interface RuleOptions {
  readonly direction: Direction
  readonly when: (message: Message, link: Link) => boolean
  readonly strike: Strike
  /** 1 unless told. */
  readonly times?: number
}

export class Rule {
  /** How often it struck. */
  strikes = 0
  private readonly options: RuleOptions

  constructor(options: RuleOptions) {
    this.options = options
  }

  get isSpent(): boolean {
    return this.strikes >= (this.options.times ?? 1)
  }

  apply(message: Message, link: Link): Buffer | null {
    const { direction, when, strike } = this.options
    if (this.isSpent || message.direction !== direction || !when(message, link)) return message.bytes
    this.strikes += 1
    return strike(message, link)
  }
}

/** The message never arrives, and both sides see a reset: its sender does not know whether it did. */
export const resetBefore: Strike = (_, link) => {
  link.reset()
  return null
}

/** Its receiver gets so many bytes of the message, then the end of the stream. */
export const cutInside =
  (bytes: number): Strike =>
  (message, link) => {
    // Once the piece has been written.
    setImmediate(() => link.halfClose(message.direction))
    return Buffer.from(message.bytes.subarray(0, bytes))
  }

/** One bit of the byte at this place is another one; from the end where it is negative. */
export const flipByte =
  (at: number): Strike =>
  ({ bytes }) => {
    const changed = Buffer.from(bytes)
    const index = at < 0 ? changed.length + at : at
    changed[index] = changed[index]! ^ 0x10
    return changed
  }

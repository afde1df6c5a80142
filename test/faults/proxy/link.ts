/**
 * One connection through a proxy: two sockets and a lane in each direction. A lane passes bytes on message by message,
 * so that a rule sees every message whole before a byte of it has left. Neighbours: proxy.ts, rule.ts.
 */
import type { Socket } from 'node:net'
import type { Conduct } from './conduct.ts'
import { createFramings, type Direction, type Message, type Protocol } from './framing.ts'
import type { Rule } from './rule.ts'

/** What is throttled goes in pieces, so that it flows. */
const SLOW_PIECE_BYTES = 8 * 1024

export interface LinkOptions {
  readonly client: Socket
  readonly server: Socket
  /** Null: pieces pass as they come, and only rules that count bytes strike. */
  readonly protocol: Protocol | null
  readonly conducts: Readonly<Record<Direction, Conduct>>
  readonly rules: ReadonlySet<Rule>
}

export class Link {
  /** Bytes passed on so far. */
  readonly passed: Record<Direction, number> = { up: 0, down: 0 }
  private readonly options: LinkOptions
  private isCut = false

  constructor(options: LinkOptions) {
    this.options = options
  }

  /** Passes on until both sides are done; never throws. */
  async run(): Promise<void> {
    const { client, server, protocol } = this.options
    const framings = protocol === null ? null : createFramings(protocol)
    const pieces = (direction: Direction) => (chunk: Buffer) =>
      framings === null ? [{ direction, kind: '', bytes: chunk }] : framings[direction].take(chunk)
    await Promise.all([this.pump(client, server, pieces('up')), this.pump(server, client, pieces('down'))])
  }

  /** Both peers get a reset at once; what was on its way is gone. */
  reset(): void {
    this.isCut = true
    this.options.client.resetAndDestroy()
    this.options.server.resetAndDestroy()
  }

  /** The receiver of this direction sees the end of the stream and may still send. */
  halfClose(direction: Direction): void {
    this.destination(direction).end()
  }

  private destination(direction: Direction): Socket {
    return direction === 'up' ? this.options.server : this.options.client
  }

  private get isClosed(): boolean {
    return this.isCut || this.options.client.destroyed || this.options.server.destroyed
  }

  private async pump(from: Socket, to: Socket, pieces: (chunk: Buffer) => readonly Message[]): Promise<void> {
    try {
      for await (const chunk of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>)
        for (const message of pieces(chunk)) {
          const bytes = this.judge(message)
          if (bytes !== null) await this.pass(message.direction, bytes)
          if (this.isCut) return
        }
      if (to.writable) to.end()
    } catch {
      // One side is gone: the other one hears of it.
      from.destroy()
      to.destroy()
    }
  }

  /** What the rules leave of a message; null: nothing. */
  private judge(message: Message): Buffer | null {
    for (const rule of this.options.rules) {
      const bytes = rule.apply(message, this)
      if (bytes !== message.bytes) return bytes
    }
    return message.bytes
  }

  private async pass(direction: Direction, bytes: Buffer): Promise<void> {
    const to = this.destination(direction)
    const conduct = this.options.conducts[direction]
    for (let at = 0; at < bytes.length; ) {
      const size = Number.isFinite(conduct.bytesPerSecond) ? SLOW_PIECE_BYTES : bytes.length
      const piece = bytes.subarray(at, at + size)
      await conduct.admit(piece.length, () => this.isClosed)
      if (this.isClosed || !to.writable) return
      this.passed[direction] += piece.length
      at += piece.length
      if (!to.write(piece)) await drained(to)
    }
  }
}

const drained = (socket: Socket): Promise<void> =>
  new Promise(resolve => {
    const done = (): void => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })

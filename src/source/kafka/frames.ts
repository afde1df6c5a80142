/**
 * Sockets for kafkajs whose Fetch responses land straight in the arena: kafkajs keeps the connection, its request
 * queue and time-outs; only the bytes of an announced Fetch bypass it. Neighbours: adapter.ts (announces), kafkajs.
 *
 * A response frame is size int32 | correlation id int32 | body. Node asks for the next buffer right after each read,
 * not when data comes, so between frames a small parking buffer is on offer; once eight bytes are known there and the
 * id is one of ours, the rest of the frame is read into the region, cut to the frame's end so that nothing of the next
 * frame is overread. kafkajs gets a stand-in frame of the same id with an empty body.
 */
import net from 'node:net'
import tls from 'node:tls'
import type { ISocketFactoryArgs } from 'kafkajs'

/** Where the body of one Fetch response goes. */
export interface FrameTarget {
  /** The place for `bytes` of body, or null when there is none: then the connection is destroyed. Called once. */
  place(bytes: number): Uint8Array | null
}

const HEADER_BYTES = 8
const PARKING_BYTES = 65_536
const KEEP_ALIVE_MS = 60_000
const FETCH_API_KEY = 1

/** Thrown into the socket when a target has no place for the frame. */
export class FrameRefused extends Error {
  readonly bytes: number
  constructor(bytes: number) {
    super(`no place in the arena for a frame of ${bytes} bytes`)
    this.bytes = bytes
  }
}

/** Tells the frames of one connection apart. Modes: header (of any frame), foreign (body for kafkajs), fetch (body for us). */
export class FrameReader {
  private readonly parking = new Uint8Array(PARKING_BYTES)
  private readonly header = Buffer.alloc(HEADER_BYTES)
  private headerFilled = 0
  private mode: 'header' | 'foreign' | 'fetch' = 'header'
  private bodyLeft = 0
  private place: Uint8Array | null = null
  private placeFilled = 0
  private announced: FrameTarget | null = null
  private readonly expected = new Map<number, FrameTarget>()
  private readonly emit: (bytes: Buffer) => void
  private readonly fail: (error: Error) => void

  constructor(emit: (bytes: Buffer) => void, fail: (error: Error) => void) {
    this.emit = emit
    this.fail = fail
  }

  /** The next Fetch request written on this connection is answered into `target`. */
  announce(target: FrameTarget): void {
    this.announced = target
  }

  /** Sees every request on its way out; kafkajs writes one whole request a call. */
  onWrite(chunk: unknown): void {
    if (this.announced === null || !Buffer.isBuffer(chunk) || chunk.length < 12) return
    if (chunk.readInt16BE(4) !== FETCH_API_KEY) return
    this.expected.set(chunk.readInt32BE(8), this.announced)
    this.announced = null
  }

  nextBuffer(): Uint8Array {
    if (this.mode !== 'fetch' || this.place === null) return this.parking
    return this.place.subarray(this.placeFilled, this.placeFilled + this.bodyLeft)
  }

  /** `count` bytes were read into the buffer that `nextBuffer` gave. */
  onRead(count: number): void {
    if (this.mode === 'fetch') this.advanceFetch(count)
    else this.split(this.parking, count)
  }

  private split(bytes: Uint8Array, count: number): void {
    let at = 0
    while (at < count) {
      if (this.mode === 'header') at = this.takeHeader(bytes, at, count)
      else {
        const take = Math.min(this.bodyLeft, count - at)
        if (this.mode === 'fetch') this.place!.set(bytes.subarray(at, at + take), this.placeFilled)
        else this.emit(Buffer.from(bytes.subarray(at, at + take)))
        at += take
        if (this.mode === 'fetch') this.advanceFetch(take)
        else this.advanceForeign(take)
      }
    }
  }

  private takeHeader(bytes: Uint8Array, at: number, count: number): number {
    while (at < count && this.headerFilled < HEADER_BYTES) this.header[this.headerFilled++] = bytes[at++]!
    if (this.headerFilled < HEADER_BYTES) return at
    this.headerFilled = 0
    this.bodyLeft = this.header.readInt32BE(0) - 4
    const id = this.header.readInt32BE(4)
    const target = this.expected.get(id)
    if (target === undefined) {
      this.mode = this.bodyLeft > 0 ? 'foreign' : 'header'
      this.emit(Buffer.from(this.header))
      return at
    }
    this.expected.delete(id)
    this.place = this.bodyLeft < 0 ? null : target.place(this.bodyLeft)
    if (this.place === null) {
      this.fail(new FrameRefused(this.bodyLeft))
      return count
    }
    this.placeFilled = 0
    this.mode = 'fetch'
    this.advanceFetch(0)
    return at
  }

  private advanceForeign(count: number): void {
    this.bodyLeft -= count
    if (this.bodyLeft === 0) this.mode = 'header'
  }

  private advanceFetch(count: number): void {
    this.bodyLeft -= count
    this.placeFilled += count
    if (this.bodyLeft > 0) return
    this.mode = 'header'
    this.place = null
    const standIn = Buffer.alloc(HEADER_BYTES)
    standIn.writeInt32BE(4, 0)
    this.header.copy(standIn, 4, 4, 8)
    this.emit(standIn)
  }
}

const readers = new WeakMap<net.Socket, FrameReader>()

/** The reader of a socket that our factory made. */
export function readerOf(socket: net.Socket): FrameReader {
  const reader = readers.get(socket)
  if (!reader) throw new Error('this socket was not made by the arena socket factory')
  return reader
}

/** kafkajs' own factory (SNI, keep-alive), plus noDelay and the reader. */
export function arenaSocketFactory({ host, port, ssl, onConnect }: ISocketFactoryArgs): net.Socket {
  const reader = new FrameReader(
    bytes => socket.emit('data', bytes),
    error => socket.destroy(error),
  )
  const onread: net.OnReadOpts = {
    buffer: () => reader.nextBuffer(),
    callback: count => {
      if (!socket.destroyed) reader.onRead(count)
      return !socket.destroyed
    },
  }
  const secure = ssl as tls.ConnectionOptions | undefined
  const servername = net.isIP(host) ? {} : { servername: host }
  const socket: net.Socket = secure
    ? tls.connect(Object.assign({ host, port, onread }, servername, secure), onConnect)
    : net.connect({ host, port, onread }, onConnect)
  socket.setKeepAlive(true, KEEP_ALIVE_MS)
  socket.setNoDelay(true)
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  socket.write = ((chunk: unknown, ...rest: unknown[]) => {
    reader.onWrite(chunk)
    return write(chunk, ...rest)
  }) as net.Socket['write']
  readers.set(socket, reader)
  return socket
}

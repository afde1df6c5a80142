/**
 * Lines that wait to be sent, in a bounded number of bytes: what does not fit is dropped, the newest first, and
 * counted. transport.ts fills and empties it.
 */

const lineFeed = 0x0a

export class LineQueue {
  /** Lines that did not fit, since the start. */
  dropped = 0
  private readonly capacityBytes: number
  private lines: Buffer[] = []
  private held = 0
  private rest: Buffer = Buffer.alloc(0)

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes
  }

  get isEmpty(): boolean {
    return this.lines.length === 0
  }

  get length(): number {
    return this.lines.length
  }

  /** Takes whole lines; the beginning of one waits for its end. */
  append(chunk: Buffer): void {
    const text = this.rest.length > 0 ? Buffer.concat([this.rest, chunk]) : chunk
    let start = 0
    for (let end = text.indexOf(lineFeed); end >= 0; end = text.indexOf(lineFeed, start)) {
      if (end > start) this.push(text.subarray(start, end))
      start = end + 1
    }
    this.rest = Buffer.from(text.subarray(start))
  }

  /** Takes what has no end, as a line. */
  end(): void {
    if (this.rest.length > 0) this.push(this.rest)
    this.rest = Buffer.alloc(0)
  }

  /** Takes a line without its end, unless it does not fit. */
  push(line: Buffer): void {
    if (this.held + line.length > this.capacityBytes) {
      this.dropped++
      return
    }
    this.held += line.length
    // A copy: the chunk that it is part of belongs to the caller and is larger.
    this.lines.push(Buffer.from(line))
  }

  /** The next lines of at most so many bytes, at least one; they count until done() is called with them. */
  take(mostBytes: number): Buffer[] {
    let bytes = 0
    let count = 0
    for (const line of this.lines) {
      bytes += line.length + 1
      if (bytes > mostBytes && count > 0) break
      count++
    }
    return this.lines.splice(0, count)
  }

  done(lines: readonly Buffer[]): void {
    for (const line of lines) this.held -= line.length
  }
}

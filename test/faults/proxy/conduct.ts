/** How one direction of all connections of a proxy behaves at the moment: proxy.ts changes it, link.ts obeys. */
import { setTimeout as delay } from 'node:timers/promises'

const SECOND_MS = 1000
/** How soon a lane notices that it is healed, or that its connection was closed. */
const LOOK_MS = 10

export class Conduct {
  /** Each piece is passed on so much later. */
  delayMs = 0
  bytesPerSecond = Number.POSITIVE_INFINITY
  /** Connections stay open, and nothing more is read from them. */
  isStalled = false

  /** As if there were no proxy. */
  heal(): void {
    this.delayMs = 0
    this.bytesPerSecond = Number.POSITIVE_INFINITY
    this.isStalled = false
  }

  /** Resolves when so many bytes may pass, or the connection is closed. */
  async admit(bytes: number, isClosed: () => boolean): Promise<void> {
    if (this.delayMs > 0) await delay(this.delayMs)
    if (Number.isFinite(this.bytesPerSecond)) await delay((bytes / this.bytesPerSecond) * SECOND_MS)
    while (this.isStalled && !isClosed()) await delay(LOOK_MS)
  }
}

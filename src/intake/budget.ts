/**
 * The bytes that the intake holds: bodies that are read and records that Kafka has not acknowledged. What does not fit
 * is refused, so that no burst and no absent Kafka takes more memory. intake.ts owns it, body.ts reserves of it.
 */

/** Held for every request beside its body. */
const REQUEST_BYTES = 1_024

export class Budget {
  readonly capacityBytes: number
  private held = 0

  constructor(capacityBytes: number) {
    this.capacityBytes = capacityBytes
  }

  get usedBytes(): number {
    return this.held
  }

  /** A request's share, empty; null when not even that fits. */
  open(): Reservation | null {
    const reservation = new Reservation(bytes => this.take(bytes))
    return reservation.grow(REQUEST_BYTES) ? reservation : null
  }

  private take(bytes: number): boolean {
    if (bytes > 0 && this.held + bytes > this.capacityBytes) return false
    this.held += bytes
    return true
  }
}

export class Reservation {
  private readonly take: (bytes: number) => boolean
  private bytes = 0

  constructor(take: (bytes: number) => boolean) {
    this.take = take
  }

  /** Adds so many bytes; false, and nothing is added, when they do not fit. */
  grow(bytes: number): boolean {
    if (!this.take(bytes)) return false
    this.bytes += bytes
    return true
  }

  /** Gives all back. May be called again. */
  release(): void {
    this.take(-this.bytes)
    this.bytes = 0
  }
}

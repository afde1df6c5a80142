/**
 * A run of pages of the arena that somebody holds. Several may hold one (the ranges of one Fetch frame):
 * the last to let go gives the pages back. A region that was given back answers every use with an error.
 */

export const PAGE_BYTES = 65_536
export const pagesOf = (bytes: number): number => Math.max(1, Math.ceil(bytes / PAGE_BYTES))

type GiveBack = (address: number, bytes: number) => void

export class Region {
  /** Byte offset in the arena's memory. */
  readonly address: number
  /** Unique among the regions of its account: tells this content from an earlier one at the same address. */
  readonly generation: number
  private size: number
  private holders = 1
  private readonly giveBack: GiveBack

  constructor(address: number, bytes: number, generation: number, giveBack: GiveBack) {
    this.address = address
    this.size = bytes
    this.generation = generation
    this.giveBack = giveBack
  }

  get bytes(): number {
    return this.size
  }

  get isHeld(): boolean {
    return this.holders > 0
  }

  /** One more holder. */
  retain(): this {
    this.mustBeHeld()
    this.holders += 1
    return this
  }

  /** One holder less; the last one gives the pages back. */
  release(): void {
    this.mustBeHeld()
    this.holders -= 1
    if (this.holders === 0) this.giveBack(this.address, this.size)
  }

  /** Gives back the pages behind the first `usedBytes`; at least one page stays. */
  trim(usedBytes: number): void {
    this.mustBeHeld()
    const kept = pagesOf(usedBytes) * PAGE_BYTES
    if (kept >= this.size) return
    const returned = this.size - kept
    this.size = kept
    this.giveBack(this.address + kept, returned)
  }

  private mustBeHeld(): void {
    if (this.holders === 0)
      throw new Error(`arena region at ${this.address} was used after it was given back`)
  }
}

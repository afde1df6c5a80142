/** Where a Fetch response goes: a region of the input account. Neighbours: fetcher.ts, kafka/frames.ts. */
import type { Account } from '../arena/account.ts'
import type { Region } from '../arena/region.ts'
import type { FrameTarget } from './kafka/frames.ts'

/** The region that a frame goes into; a frame larger than asked gets a larger one at once, if there is one. */
export class ArenaTarget implements FrameTarget {
  region: Region
  filled = 0
  /** Size of the frame for which there was no place, or null. */
  refusedBytes: number | null = null
  private readonly input: Account
  private readonly bytes: Uint8Array

  /** @param bytes the arena's memory */
  constructor(input: Account, bytes: Uint8Array, region: Region) {
    this.input = input
    this.bytes = bytes
    this.region = region
  }

  place(bytes: number): Uint8Array | null {
    if (bytes > this.region.bytes) {
      const larger = this.input.allocate(bytes)
      if (larger === null) {
        this.refusedBytes = bytes
        return null
      }
      this.region.release()
      this.region = larger
    }
    this.filled = bytes
    return this.bytes.subarray(this.region.address, this.region.address + bytes)
  }
}

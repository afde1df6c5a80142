/**
 * Whom the next Fetch asks, and in which order: the broker fills partitions in the order of the request, so whoever got
 * nothing comes first; and whose frame was larger than any region at hand is asked alone. Neighbour: fetcher.ts.
 */
import type { Partition } from './partition.ts'

/** Larger frames than this share of the input come one at a time, so that they do not hold up all others. */
const LARGEST_LEAST_SHARE = 1 / 8
const CUT_ANSWERS_BEFORE_HALT = 5

export class FetchOrder {
  /** A frame with less room is not asked for: the broker would overshoot, and the connection be lost with it. */
  leastBytes: number
  private rotation: readonly Partition[] = []
  /** Partitions to be asked alone, with the bytes that they may need. */
  private readonly alone = new Map<Partition, number>()
  private readonly cutAnswers = new Map<Partition, number>()
  private readonly inputBytes: number

  /** @param inputBytes size of the account that the frames go into */
  constructor(partitionFetchBytes: number, inputBytes: number) {
    this.leastBytes = partitionFetchBytes
    this.inputBytes = inputBytes
  }

  get hasAlone(): boolean {
    return this.alone.size > 0
  }

  /** The partition that is asked alone next, with the bytes to set aside, or null. */
  nextAlone(ready: readonly Partition[]): { partition: Partition; bytes: number } | null {
    const partition = ready.find(one => this.alone.has(one))
    return partition === undefined ? null : { partition, bytes: this.alone.get(partition)! }
  }

  sorted(ready: readonly Partition[]): Partition[] {
    const known = this.rotation.filter(partition => ready.includes(partition))
    return [...known, ...ready.filter(partition => !known.includes(partition))]
  }

  /** After an answer: the hungry have records ahead of them and got none. */
  answered(hungry: readonly Partition[], fed: readonly Partition[]): void {
    this.rotation = [...hungry, ...fed]
  }

  gotWhole(partition: Partition): void {
    this.alone.delete(partition)
    this.cutAnswers.delete(partition)
  }

  /** Nothing is there to come alone: asked alone again and again, it would keep the others from their turn. */
  gotNothing(partition: Partition): void {
    this.alone.delete(partition)
  }

  /**
   * A cut batch came and nothing else: it comes whole when the partition is first in a request. True when that
   * should have happened long ago, so that it is no batch.
   */
  gotCut(partition: Partition): boolean {
    const count = (this.cutAnswers.get(partition) ?? 0) + 1
    this.cutAnswers.set(partition, count)
    return count >= CUT_ANSWERS_BEFORE_HALT
  }

  /** A frame of `bytes` found no place: true when it was one partition's and no frame of that size ever will. */
  tooLarge(partitions: readonly Partition[], bytes: number): boolean {
    if (partitions.length === 1 && bytes > this.inputBytes) return true
    this.leastBytes = Math.max(this.leastBytes, Math.min(bytes, this.inputBytes * LARGEST_LEAST_SHARE))
    for (const partition of partitions) this.alone.set(partition, Math.min(bytes, this.inputBytes))
    return false
  }

  /** The partition left this broker or us, or was halted. */
  forget(partition: Partition): void {
    this.gotWhole(partition)
    this.rotation = this.rotation.filter(other => other !== partition)
  }
}

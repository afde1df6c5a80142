/**
 * A small seeded source of random numbers: the same seed gives the same logs everywhere. generate.ts draws from it.
 */

/** Mulberry32 (Tommy Ettinger, public domain): 32 bits of state, good enough for test data. */
export class Random {
  private state: number

  constructor(seed: number) {
    this.state = seed >>> 0
  }

  /** An integer in [0, 2^32). */
  bits(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }

  /** In [0, 1). */
  unit(): number {
    return this.bits() / 2 ** 32
  }

  /** An integer in [0, bound). */
  below(bound: number): number {
    return Math.floor(this.unit() * bound)
  }

  /** An integer in [least, most]. */
  between(least: number, most: number): number {
    return least + this.below(most - least + 1)
  }

  isOneIn(n: number): boolean {
    return this.below(n) === 0
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!
  }

  /** 8 hexadecimal digits. */
  hex8(): string {
    return this.bits().toString(16).padStart(8, '0')
  }
}

/**
 * How soon V8 optimizes JavaScript: later than by default. What runs here runs once a batch, seldom hot enough to repay
 * its compilation, which took a seventh of our CPU in the first four million records. Code of steps runs once a record and
 * is soon counted often enough all the same. Records themselves are WebAssembly's, which has tiers of its own.
 */
import { setFlagsFromString } from 'node:v8'

/** From this version on V8 counts invocations; before, bytes of bytecode that ran. */
const COUNTS_INVOCATIONS = 12

/** To be called before the engine starts; holds for the whole process. @param version V8's own */
export function optimizeLate(version = process.versions.v8): void {
  setFlagsFromString(flagFor(version))
}

/** The flag, about ten times the default. */
export const flagFor = (version: string): string =>
  Number.parseInt(version, 10) < COUNTS_INVOCATIONS
    ? '--interrupt-budget=1000000'
    : '--invocation-count-for-turbofan=30000'
